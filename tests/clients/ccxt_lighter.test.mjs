// ccxt's unmodified lighter client, public calls (everything else needs a signer that ccxt does not ship): markets,
// time, book by REST and by socket.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import ccxt from 'ccxt';
import { until, wires, within } from './support/env.mjs';

const kSymbol = 'BTC/USDC:USDC';

// The stream's path is shared with another venue's wire; `base` says which door is used.
const client = (wire, base) => new ccxt.pro.lighter({
  urls: { api: { root: wire.http + base, public: wire.http + base, private: wire.http + base, ws: `${wire.ws}${base}/stream` } },
});

for (const wire of wires) for (const base of ['', '/lighter']) describe(`ccxt lighter, public, ${wire.name}, base "${base}"`, () => {
  let ex;

  before(async () => {
    ex = client(wire, base);
    await ex.loadHttpProxyAgent();
    await ex.loadMarkets();
  });
  after(async () => { await ex.close(); });

  test('details are decoded: grids, minima, state', () => {
    const m = ex.market(kSymbol);
    assert.equal(m.swap, true);
    assert.equal(m.active, true);
    assert.equal(m.base, 'BTC');
    assert.equal(m.precision.price, 0.1);
    assert.equal(m.precision.amount, 0.00001);
    assert.ok(m.limits.cost.min > 0);
  });

  test('the time is the exchange\'s', async () => {
    assert.ok(Math.abs(await ex.fetchTime() - Date.now()) < 5000);
  });

  test('the book by REST is ordered and not crossed', async () => {
    const book = await ex.fetchOrderBook(kSymbol);
    assert.ok(book.bids.length > 0 && book.asks.length > 0);
    assert.ok(book.bids[0][0] < book.asks[0][0]);
    for (const [side, sign] of [[book.bids, -1], [book.asks, 1]]) {
      for (let i = 1; i < side.length; ++i) assert.ok(sign * (side[i][0] - side[i - 1][0]) >= 0);
    }
  });

  test('the watched book moves on and is never crossed', async () => {
    let last = 0;
    const seen = new Set();
    for (let i = 0; i < 15; ++i) {
      const book = await within('a book update', ex.watchOrderBook(kSymbol));
      assert.ok(book.bids[0][0] < book.asks[0][0], `crossed: ${book.bids[0][0]} ${book.asks[0][0]}`);
      assert.ok(book.nonce >= last);
      last = book.nonce;
      seen.add(book.nonce);
    }
    assert.ok(seen.size > 5);
  });

  test('the watched book agrees with the one by REST', async () => {
    // Both move; within a few attempts they are seen in the same state.
    await until('equal touches', async () => {
      const watched = await within('a book update', ex.watchOrderBook(kSymbol));
      const asked = await ex.fetchOrderBook(kSymbol);
      return watched.bids[0][0] === asked.bids[0][0] && watched.asks[0][0] === asked.asks[0][0];
    }, 15_000);
  });
});
