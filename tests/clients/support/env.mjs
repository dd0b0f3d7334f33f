// What the test files share: where the exchange listens, who the accounts are, waiting for a condition, signed
// requests without any client library.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';

const world = JSON.parse(readFileSync(process.env.JOBBER_CLIENTS_WORLD, 'utf8'));

// Every run is made over both: TLS as the venues speak it, plain to see that nothing depends on it.
export const wires = [
  { name: 'plain', http: `http://${world.plain}`, ws: `ws://${world.plain}` },
  { name: 'TLS', http: `https://${world.tls}`, ws: `wss://${world.tls}` },
];

export const account = (name) => {
  const found = world.accounts.find((a) => a.name === name);
  if (!found) throw new Error(`no account ${name}`);
  return found;
};

// What a client library calls its secret: text for HMAC, a PEM for the others.
export const secretOf = (a) => (a.kind === 'hmac' ? a.secret : a.pem.private);

// Called behind the last test over each wire: some libraries keep timers that would hold the process for minutes.
let left = wires.length;
export function doneWithWire() {
  if (--left === 0) setTimeout(() => process.exit(), 1000).unref();
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// Polls until `probe` gives something true, and returns it. Bounded: says what it waited for.
export async function until(what, probe, ms = 8000) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await probe();
    if (got) return got;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await pause(20);
  }
}

// A promise that must not take longer; the client libraries wait for ever.
export function within(what, promise, ms = 8000) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`waited ${ms} ms for ${what}`)), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// A whole number of steps, as text: floats would leave the grid.
export function onGrid(value, step, round = Math.floor) {
  const digits = (String(step).split('.')[1] || '').replace(/0+$/, '').length;
  return (round(Number(value) / Number(step) + (round === Math.floor ? 1e-9 : -1e-9)) * Number(step)).toFixed(digits);
}

const query = (params) => Object.entries(params).map(([k, v]) => `${k}=${encodeURIComponent(v)}`).join('&');

export async function get(wire, path, params = {}) {
  const answer = await fetch(`${wire.http}${path}?${query(params)}`);
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

// One signed request by hand: what is sent is exactly what the test says, `spoil` may change it after signing.
export async function signed(wire, who, method, path, params = {}, spoil = (text) => text) {
  const text = query({ ...params, timestamp: params.timestamp ?? Date.now() });
  const signature = createHmac('sha256', who.secret).update(text).digest('hex');
  const answer = await fetch(`${wire.http}${path}?${spoil(`${text}&signature=${signature}`)}`, {
    method, headers: { 'X-MBX-APIKEY': who.key } });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

// The best prices and the grid of a market, by plain requests, so that no library's arithmetic is in between.
export async function market(wire, futures, symbol = 'BTCUSDT') {
  const base = futures ? '/fapi/v1' : '/api/v3';
  const info = (await get(wire, `${base}/exchangeInfo`)).body.symbols.find((s) => s.symbol === symbol);
  const filter = (type) => info.filters.find((f) => f.filterType === type);
  const top = async () => {
    const book = (await get(wire, `${base}/depth`, { symbol, limit: 5 })).body;
    return { bid: book.bids[0][0], ask: book.asks[0][0] };
  };
  const tick = filter('PRICE_FILTER').tickSize;
  const step = filter('LOT_SIZE').stepSize;
  return {
    info, tick, step, top,
    // Below the market by a share of it: rests and is not reached while a test lasts.
    away: async (share) => onGrid(Number((await top()).bid) * (1 - share), tick),
    qty: (value) => onGrid(value, step),
  };
}
