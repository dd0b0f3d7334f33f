// ccxt's unmodified spot client with an HMAC key: markets, book, order life cycle, events over the WebSocket API.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import ccxt from 'ccxt';
import { followBook } from './support/book.mjs';
import { account, doneWithWire, get, market, onGrid, secretOf, signed, until, wires, within } from './support/env.mjs';

const kSymbol = 'BTC/USDT';

// The library as it is, with an ear at what comes in: it shows its callers only the newest state of an order.
class Listening extends ccxt.pro.binance {
  raw = [];
  handleMessage(client, message) {
    if (message.event) this.raw.push(message.event);
    return super.handleMessage(client, message);
  }
}

function client(wire) {
  const me = account('ccxt-spot');
  return new Listening({
    apiKey: me.key, secret: secretOf(me), enableRateLimit: false,  // no pauses of its own between calls
    options: { defaultType: 'spot', fetchCurrencies: false, fetchMargins: false, fetchMarkets: { types: ['spot'] } },
    urls: { api: {
      public: `${wire.http}/api/v3`, private: `${wire.http}/api/v3`, v1: `${wire.http}/api/v1`, sapi: `${wire.http}/sapi/v1`,
      ws: { spot: `${wire.ws}/stream/ws`, 'ws-api': { spot: `${wire.ws}/ws-api/v3` } } } },
  });
}

for (const wire of wires) describe(`ccxt spot, HMAC, ${wire.name}`, () => {
  let ex, at;

  before(async () => {
    ex = client(wire);
    await ex.loadHttpProxyAgent();
    at = await market(wire, false);
    await ex.loadMarkets();
    await ex.cancelAllOrders(kSymbol).catch(() => {});  // refused when there is none
  });
  after(async () => { await ex.close(); doneWithWire(); });

  test('exchangeInfo is decoded: grids, minima, state', () => {
    const m = ex.market(kSymbol);
    assert.equal(m.spot, true);
    assert.equal(m.active, true);
    assert.equal(m.base, 'BTC');
    assert.equal(m.quote, 'USDT');
    assert.equal(m.precision.price, Number(at.tick));
    assert.equal(m.precision.amount, Number(at.step));
    assert.ok(m.limits.cost.min > 0);
    assert.ok(m.limits.amount.min > 0);
  });

  test('the watched book is in step with the venue and never crossed', async () => {
    await followBook(wire, 'binance-spot:BTCUSDT', 30, () => within('a book update', ex.watchOrderBook(kSymbol)));
  });

  test('the best prices stream agrees with itself', async () => {
    for (let i = 0; i < 3; ++i) {
      const tickers = await within('a bookTicker', ex.watchBidsAsks([kSymbol]));
      const t = tickers[kSymbol];
      assert.ok(t.bid > 0 && t.bid < t.ask, `${t.bid} ${t.ask}`);
    }
  });

  test('limit order: placed, found, listed, edited, cancelled, gone', async () => {
    const price = Number(await at.away(0.05));
    const placed = await ex.createOrder(kSymbol, 'limit', 'buy', 0.01, price);
    assert.equal(placed.status, 'open');
    assert.ok(placed.clientOrderId.startsWith('x-TKT5PX2F'));
    const found = await ex.fetchOrder(placed.id, kSymbol);
    assert.deepEqual([found.price, found.amount, found.filled, found.side, found.type], [price, 0.01, 0, 'buy', 'limit']);
    assert.deepEqual((await ex.fetchOpenOrders(kSymbol)).map((o) => o.id), [placed.id]);

    const lower = Number(onGrid(price * 0.99, at.tick));
    const edited = await ex.editOrder(placed.id, kSymbol, 'limit', 'buy', 0.02, lower);
    assert.notEqual(edited.id, placed.id);
    assert.deepEqual([edited.price, edited.amount], [lower, 0.02]);
    assert.equal((await ex.fetchOrder(placed.id, kSymbol)).status, 'canceled');

    const cancelled = await ex.cancelOrder(edited.id, kSymbol);
    assert.equal(cancelled.status, 'canceled');
    assert.deepEqual(await ex.fetchOpenOrders(kSymbol), []);
    await assert.rejects(ex.cancelOrder(edited.id, kSymbol), ccxt.OrderNotFound);
  });

  test('balances: an open order locks its money, a cancel gives it back', async () => {
    const before = await ex.fetchBalance();
    const price = Number(await at.away(0.05));
    const placed = await ex.createOrder(kSymbol, 'limit', 'buy', 0.1, price);
    const during = await ex.fetchBalance();
    assert.ok(Math.abs(during.USDT.used - before.USDT.used - price * 0.1) < 1e-6, `${during.USDT.used}`);
    assert.ok(Math.abs(during.USDT.total - before.USDT.total) < 1e-6);
    await ex.cancelOrder(placed.id, kSymbol);
    const afterwards = await ex.fetchBalance();
    assert.ok(Math.abs(afterwards.USDT.used - before.USDT.used) < 1e-6);
  });

  test('post-only that would cross is refused with the venue\'s code and text', async () => {
    const { ask } = await at.top();
    const crossing = Number(onGrid(Number(ask) * 1.01, at.tick));
    await assert.rejects(ex.createOrder(kSymbol, 'limit', 'buy', 0.01, crossing, { postOnly: true }), (e) => {
      assert.ok(e instanceof ccxt.OrderImmediatelyFillable, `${e}`);
      assert.ok(e.message.includes('Order would immediately match and take.'), e.message);
      return true;
    });
    const raw = await signed(wire, account('ccxt-spot'), 'POST', '/api/v3/order',
      { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT_MAKER', quantity: '0.01', price: onGrid(Number(ask) * 1.01, at.tick) });
    assert.deepEqual([raw.status, raw.body], [400, { code: -2010, msg: 'Order would immediately match and take.' }]);
    const rests = await ex.createOrder(kSymbol, 'limit', 'buy', 0.01, Number(await at.away(0.05)), { postOnly: true });
    assert.equal((await ex.fetchOrder(rests.id, kSymbol)).postOnly, true);
    await ex.cancelOrder(rests.id, kSymbol);
  });

  test('market and immediate-or-cancel orders take, and their trades are reported', async () => {
    const began = await ex.fetchBalance();
    const bought = await ex.createOrder(kSymbol, 'market', 'buy', 0.01);
    assert.equal(bought.status, 'closed');
    assert.equal(bought.filled, 0.01);
    assert.ok(bought.trades.length >= 1);
    assert.ok(bought.average > 0);
    const mine = (await ex.fetchMyTrades(kSymbol)).filter((t) => t.order === bought.id);
    assert.ok(Math.abs(mine.reduce((sum, t) => sum + t.amount, 0) - 0.01) < 1e-12);
    assert.ok(mine.every((t) => t.takerOrMaker === 'taker' && t.side === 'buy'));
    const ended = await ex.fetchBalance();
    assert.ok(Math.abs(ended.BTC.total - began.BTC.total - 0.01) < 0.0001, `${ended.BTC.total - began.BTC.total}`);

    // Far below the market: nothing to take, the order expires.
    const nothing = await ex.createOrder(kSymbol, 'limit', 'buy', 0.01, Number(await at.away(0.05)), { timeInForce: 'IOC' });
    assert.equal(nothing.filled, 0);
    assert.ok(['expired', 'canceled'].includes(nothing.status), nothing.status);
    await ex.createOrder(kSymbol, 'market', 'sell', 0.01);
  });

  test('cancel all leaves nothing', async () => {
    const price = Number(await at.away(0.05));
    for (let i = 0; i < 3; ++i) await ex.createOrder(kSymbol, 'limit', 'buy', 0.01, Number(onGrid(price * (1 - i / 1000), at.tick)));
    assert.equal((await ex.fetchOpenOrders(kSymbol)).length, 3);
    await ex.cancelAllOrders(kSymbol);
    assert.deepEqual(await ex.fetchOpenOrders(kSymbol), []);
  });

  test('user events: new before trade, the fill and the balance follow', async () => {
    const orders = [];
    const watching = (async () => { for (;;) for (const o of await ex.watchOrders(kSymbol)) orders.push({ ...o, raw: o.info }); })().catch(() => {});
    const trades = [];
    const trading = (async () => { for (;;) for (const t of await ex.watchMyTrades(kSymbol)) trades.push(t); })().catch(() => {});
    const balances = [];
    const banking = (async () => { for (;;) balances.push((await ex.watchBalance()).BTC?.total); })().catch(() => {});
    await until('the subscription', () => Object.values(ex.clients).some((c) => c.url.includes('ws-api') && Object.keys(c.subscriptions).length > 0));

    const rests = await until('a watched order', async () => {
      const placed = await ex.createOrder(kSymbol, 'limit', 'buy', 0.01, Number(await at.away(0.05)));
      await until('its event', () => orders.some((o) => o.id === placed.id), 1500).catch(() => {});
      await ex.cancelOrder(placed.id, kSymbol);
      return orders.some((o) => o.id === placed.id) ? placed : undefined;
    }, 10000);
    await until('its cancel', () => orders.some((o) => o.id === rests.id && o.status === 'canceled'));
    const reports = (id) => ex.raw.filter((e) => e.e === 'executionReport' && String(e.i) === id);
    assert.deepEqual(reports(rests.id).map((e) => e.x), ['NEW', 'CANCELED']);
    assert.deepEqual([reports(rests.id)[0].c, reports(rests.id)[1].C], [rests.clientOrderId, rests.clientOrderId]);

    ex.raw.length = 0;
    const taken = await ex.createOrder(kSymbol, 'market', 'buy', 0.01);
    await until('the fill', () => orders.some((o) => o.id === taken.id && o.status === 'closed'));
    const kinds = reports(taken.id).map((e) => e.x);
    assert.equal(kinds[0], 'NEW');
    assert.ok(kinds.length >= 2 && kinds.slice(1).every((x) => x === 'TRADE'), kinds.join());
    assert.equal(reports(taken.id).at(-1).X, 'FILLED');
    assert.ok(ex.raw.some((e) => e.e === 'outboundAccountPosition'));
    await until('the trade', () => trades.some((t) => t.order === taken.id));
    await until('the balance', () => balances.length > 0);
    assert.ok(balances.at(-1) > 0);
    void [watching, trading, banking];
  });

  test('orders over the WebSocket API', async () => {
    const placed = await within('order.place', ex.createOrderWs(kSymbol, 'limit', 'buy', 0.01, Number(await at.away(0.05))));
    assert.equal(placed.status, 'open');
    assert.deepEqual((await ex.fetchOpenOrders(kSymbol)).map((o) => o.id), [placed.id]);
    await within('openOrders.cancelAll', ex.cancelAllOrdersWs(kSymbol));
    assert.deepEqual(await ex.fetchOpenOrders(kSymbol), []);
  });

  test('refused as the venue refuses', async () => {
    const me = account('ccxt-spot');
    const order = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.01', price: await at.away(0.05) };
    const refused = async (code, text, params, spoil) => {
      const { status, body } = await signed(wire, me, 'POST', '/api/v3/order', params, spoil);
      assert.deepEqual([status, body.code, body.msg], [400, code, text]);
    };
    await refused(-1022, 'Signature for this request is not valid.', order, (t) => t.replace('quantity=0.01', 'quantity=0.02'));
    await refused(-1021, 'Timestamp for this request is outside of the recvWindow.', { ...order, timestamp: Date.now() - 6000 });
    await refused(-1021, "Timestamp for this request was 1000ms ahead of the server's time.", { ...order, timestamp: Date.now() + 3000 });
    await refused(-1013, 'Filter failure: PRICE_FILTER', { ...order, price: `${order.price}5` });
    await refused(-1013, 'Filter failure: LOT_SIZE', { ...order, quantity: '0.01000005' });
    await refused(-1111, "Parameter 'quantity' has too much precision.", { ...order, quantity: '0.0100000005' });
    await refused(-1013, 'Filter failure: NOTIONAL', { ...order, quantity: at.step });
    await refused(-1121, 'Invalid symbol.', { ...order, symbol: 'NOSUCH' });
    await refused(-1102, "Mandatory parameter 'price' was not sent, was empty/null, or malformed.", { ...order, price: '' });

    const once = { ...order, newClientOrderId: `twice-${Date.now()}` };
    assert.equal((await signed(wire, me, 'POST', '/api/v3/order', once)).status, 200);
    await refused(-2010, 'Duplicate order sent.', once);
    await ex.cancelAllOrders(kSymbol);

    const stranger = await signed(wire, { ...me, key: 'x'.repeat(64) }, 'POST', '/api/v3/order', order);
    assert.deepEqual([stranger.status, stranger.body.code], [401, -2015]);
    const poor = await signed(wire, account('poor'), 'POST', '/api/v3/order', { ...order, quantity: '1' });
    assert.deepEqual([poor.status, poor.body.code, poor.body.msg], [400, -2010, 'Account has insufficient balance for requested action.']);
    const nothing = await signed(wire, me, 'GET', '/api/v3/order', { symbol: 'BTCUSDT', orderId: 1 });
    assert.deepEqual([nothing.status, nothing.body.code, nothing.body.msg], [400, -2013, 'Order does not exist.']);
  });

  test('used weight and order counts are told in headers', async () => {
    const { headers } = await get(wire, '/api/v3/depth', { symbol: 'BTCUSDT', limit: 1000 });
    const { headers: later } = await get(wire, '/api/v3/depth', { symbol: 'BTCUSDT', limit: 1000 });
    const used = [headers, later].map((h) => Number(h.get('x-mbx-used-weight-1m')));
    assert.ok(used[1] === used[0] + 50 || used[1] < used[0], used.join());
  });
});
