// ccxt's unmodified futures client with an Ed25519 key: split stream paths, listenKey, GTX, batch, positions.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import ccxt from 'ccxt';
import { followBook } from './support/book.mjs';
import { account, doneWithWire, market, onGrid, secretOf, signed, until, wires, within } from './support/env.mjs';

const kSymbol = 'BTC/USDT:USDT';
const kPostOnlyText = 'Due to the order could not be executed as maker, the Post Only order will be rejected. The order will not be recorded in the order history';

// The library as it is, with an ear at what comes in: it shows its callers only the newest state of an order.
class Listening extends ccxt.pro.binanceusdm {
  raw = [];
  handleMessage(client, message) {
    this.raw.push(message);
    return super.handleMessage(client, message);
  }
}

function client(wire) {
  const me = account('ccxt-usdm');
  return new Listening({
    apiKey: me.key, secret: secretOf(me), enableRateLimit: false,  // no pauses of its own between calls
    options: { fetchCurrencies: false, fetchMargins: false },
    urls: { api: {
      fapiPublic: `${wire.http}/fapi/v1`, fapiPublicV2: `${wire.http}/fapi/v2`, fapiPublicV3: `${wire.http}/fapi/v3`,
      fapiPrivate: `${wire.http}/fapi/v1`, fapiPrivateV2: `${wire.http}/fapi/v2`, fapiPrivateV3: `${wire.http}/fapi/v3`,
      fapiData: `${wire.http}/futures/data`, sapi: `${wire.http}/sapi/v1`,
      ws: { future: `${wire.ws}/ws`, 'ws-api': { future: `${wire.ws}/ws-fapi/v1` } } } },
  });
}

for (const wire of wires) describe(`ccxt usdm, Ed25519, ${wire.name}`, () => {
  let ex, at;

  const flat = async () => {
    await ex.cancelAllOrders(kSymbol);
    for (const p of await ex.fetchPositions([kSymbol])) {
      if (p.contracts > 0) await ex.createOrder(kSymbol, 'market', p.side === 'long' ? 'sell' : 'buy', p.contracts, undefined, { reduceOnly: true });
    }
  };

  before(async () => {
    ex = client(wire);
    await ex.loadHttpProxyAgent();
    at = await market(wire, true);
    await ex.loadMarkets();
    await flat();
  });
  after(async () => { await flat(); await ex.close(); doneWithWire(); });

  test('exchangeInfo is decoded: grids, minima, contract', () => {
    const m = ex.market(kSymbol);
    assert.equal(m.swap, true);
    assert.equal(m.linear, true);
    assert.equal(m.active, true);
    assert.equal(m.settle, 'USDT');
    assert.equal(m.precision.price, Number(at.tick));
    assert.equal(m.precision.amount, Number(at.step));
    assert.equal(m.limits.cost.min, Number(at.info.filters.find((f) => f.filterType === 'MIN_NOTIONAL').notional));
  });

  test('the watched book is in step with the venue and never crossed', async () => {
    await followBook(wire, 'binance-usdm:BTCUSDT', 30, () => within('a book update', ex.watchOrderBook(kSymbol)));
  });

  test('mark price and funding, by REST and by stream', async () => {
    const funding = await ex.fetchFundingRate(kSymbol);
    assert.ok(funding.markPrice > 0);
    assert.ok(Math.abs(funding.fundingRate) < 0.01);
    assert.ok(funding.fundingTimestamp > Date.now());
    const mark = await within('a mark price', ex.watchMarkPrice(kSymbol));
    assert.ok(Math.abs(mark.markPrice / funding.markPrice - 1) < 0.05);
  });

  test('limit order: placed, found, edited in place, cancelled', async () => {
    const price = Number(await at.away(0.04));
    const placed = await ex.createOrder(kSymbol, 'limit', 'buy', 0.01, price);
    assert.equal(placed.status, 'open');
    assert.ok(placed.clientOrderId.startsWith('x-cvBPrNm9'));
    const found = await ex.fetchOrder(placed.id, kSymbol);
    assert.deepEqual([found.price, found.amount, found.filled, found.side], [price, 0.01, 0, 'buy']);

    const lower = Number(onGrid(price * 0.99, at.tick));
    const edited = await ex.editOrder(placed.id, kSymbol, 'limit', 'buy', 0.02, lower);
    assert.equal(edited.id, placed.id);
    assert.deepEqual([edited.price, edited.amount], [lower, 0.02]);
    assert.deepEqual((await ex.fetchOpenOrders(kSymbol)).map((o) => [o.id, o.price]), [[placed.id, lower]]);

    assert.equal((await ex.cancelOrder(placed.id, kSymbol)).status, 'canceled');
    await assert.rejects(ex.cancelOrder(placed.id, kSymbol), ccxt.OrderNotFound);
  });

  test('post-only that would cross is refused with -5022 and its text', async () => {
    const { ask } = await at.top();
    await assert.rejects(ex.createOrder(kSymbol, 'limit', 'buy', 0.01, Number(onGrid(Number(ask) * 1.01, at.tick)), { postOnly: true }), (e) => {
      assert.ok(e instanceof ccxt.InvalidOrder, `${e}`);
      assert.ok(e.message.includes('-5022') && e.message.includes(kPostOnlyText), e.message);
      return true;
    });
    const rests = await ex.createOrder(kSymbol, 'limit', 'buy', 0.01, Number(await at.away(0.04)), { postOnly: true });
    assert.equal((await ex.fetchOrder(rests.id, kSymbol)).timeInForce, 'PO');
    await ex.cancelOrder(rests.id, kSymbol);
  });

  test('batch: each element has its own fate', async () => {
    const price = Number(await at.away(0.04));
    const crossing = Number(onGrid(Number((await at.top()).ask) * 1.01, at.tick));
    const answers = await ex.createOrders([
      { symbol: kSymbol, type: 'limit', side: 'buy', amount: 0.01, price },
      { symbol: kSymbol, type: 'limit', side: 'buy', amount: 0.01, price: crossing, params: { postOnly: true } },
      { symbol: kSymbol, type: 'limit', side: 'buy', amount: 0.02, price },
    ]);
    assert.equal(answers.length, 3);
    assert.equal(Number(answers[1].info.code), -5022);
    const open = await ex.fetchOpenOrders(kSymbol);
    assert.deepEqual(open.map((o) => o.id).sort(), [answers[0].id, answers[2].id].sort());
    await ex.cancelAllOrders(kSymbol);
    assert.deepEqual(await ex.fetchOpenOrders(kSymbol), []);
  });

  test('market order moves position and balance; reduce-only closes', async () => {
    const bought = await ex.createOrder(kSymbol, 'market', 'buy', 0.02);
    assert.equal((await ex.fetchOrder(bought.id, kSymbol)).status, 'closed');
    const [position] = await ex.fetchPositions([kSymbol]);
    assert.deepEqual([position.side, position.contracts], ['long', 0.02]);
    assert.ok(position.entryPrice > 0 && position.markPrice > 0 && position.initialMargin > 0);
    const trades = (await ex.fetchMyTrades(kSymbol)).filter((t) => t.order === bought.id);
    assert.ok(Math.abs(trades.reduce((sum, t) => sum + t.amount, 0) - 0.02) < 1e-12);
    const balance = await ex.fetchBalance();
    assert.ok(balance.USDT.total > 0 && balance.USDT.free < balance.USDT.total);

    await assert.rejects(ex.createOrder(kSymbol, 'market', 'buy', 0.01, undefined, { reduceOnly: true }), /-2022/);
    await ex.createOrder(kSymbol, 'market', 'sell', 0.05, undefined, { reduceOnly: true });
    assert.deepEqual((await ex.fetchPositions([kSymbol])).filter((p) => p.contracts > 0), []);
  });

  test('immediate-or-cancel far from the market expires', async () => {
    const nothing = await ex.createOrder(kSymbol, 'limit', 'buy', 0.01, Number(await at.away(0.04)), { timeInForce: 'IOC' });
    const found = await ex.fetchOrder(nothing.id, kSymbol);
    assert.deepEqual([found.status, found.filled], ['expired', 0]);
  });

  test('user events over /private: new before trade, position and balance follow', async () => {
    const orders = [];
    const watching = (async () => { for (;;) for (const o of await ex.watchOrders(kSymbol)) orders.push({ ...o }); })().catch(() => {});
    const positions = [];
    const holding = (async () => { for (;;) positions.push(...(await ex.watchPositions([kSymbol])).map((p) => ({ ...p }))); })().catch(() => {});
    const balances = [];
    const banking = (async () => { for (;;) balances.push((await ex.watchBalance()).USDT?.total); })().catch(() => {});

    const rests = await until('a watched order', async () => {
      const placed = await ex.createOrder(kSymbol, 'limit', 'buy', 0.01, Number(await at.away(0.04)));
      await until('its event', () => orders.some((o) => o.id === placed.id), 1500).catch(() => {});
      await ex.cancelOrder(placed.id, kSymbol);
      return orders.some((o) => o.id === placed.id) ? placed : undefined;
    }, 10000);
    await until('its cancel', () => orders.some((o) => o.id === rests.id && o.status === 'canceled'));
    const updates = (id) => ex.raw.filter((e) => e.e === 'ORDER_TRADE_UPDATE' && String(e.o.i) === id).map((e) => e.o);
    assert.deepEqual(updates(rests.id).map((o) => o.x), ['NEW', 'CANCELED']);

    ex.raw.length = 0;
    const taken = await ex.createOrder(kSymbol, 'market', 'buy', 0.01);
    await until('the fill', () => orders.some((o) => o.id === taken.id && o.status === 'closed'));
    const kinds = updates(taken.id).map((o) => o.x);
    assert.equal(kinds[0], 'NEW');
    assert.ok(kinds.length >= 2 && kinds.slice(1).every((x) => x === 'TRADE'), kinds.join());
    const order = ex.raw.filter((e) => ['TRADE_LITE', 'ACCOUNT_UPDATE', 'ORDER_TRADE_UPDATE'].includes(e.e)).map((e) => e.o?.x ?? e.e);
    assert.deepEqual(order.slice(0, 4), ['NEW', 'TRADE_LITE', 'ACCOUNT_UPDATE', 'TRADE']);
    await until('the position', () => positions.some((p) => p.contracts === 0.01 && p.side === 'long'));
    await until('the balance', () => balances.length > 0);
    await ex.createOrder(kSymbol, 'market', 'sell', 0.01, undefined, { reduceOnly: true });
    void [watching, holding, banking];
  });

  test('orders and queries over the WebSocket API', async () => {
    const book = await within('depth', ex.fetchOrderBookWs(kSymbol, 5));
    assert.ok(book.bids[0][0] < book.asks[0][0]);
    const placed = await within('order.place', ex.createOrderWs(kSymbol, 'limit', 'buy', 0.01, Number(await at.away(0.04))));
    assert.equal(placed.status, 'open');
    assert.ok((await within('account.status', ex.fetchBalanceWs())).USDT.total > 0);
    assert.ok(Array.isArray(await within('account.position', ex.fetchPositionsWs([kSymbol]))));
    const cancelled = await within('order.cancel', ex.cancelOrderWs(placed.id, kSymbol));
    assert.equal(cancelled.status, 'canceled');
  });

  test('refused as the venue refuses', async () => {
    const me = account('hand');
    const order = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.01', price: await at.away(0.04) };
    const refused = async (code, text, params, spoil) => {
      const { status, body } = await signed(wire, me, 'POST', '/fapi/v1/order', params, spoil);
      assert.deepEqual([status, body.code, body.msg], [400, code, text]);
    };
    await refused(-1022, 'Signature for this request is not valid.', order, (t) => t.replace('quantity=0.01', 'quantity=0.02'));
    await refused(-1021, 'Timestamp for this request is outside of the recvWindow.', { ...order, timestamp: Date.now() - 6000 });
    // A coin whose smallest size is worth less than the least notional.
    const eth = await market(wire, true, 'ETHUSDT');
    const least = eth.info.filters.find((f) => f.filterType === 'MIN_NOTIONAL').notional;
    await refused(-4164, `Order's notional must be no smaller than ${least} (unless you choose reduce only).`,
      { ...order, symbol: 'ETHUSDT', quantity: eth.step, price: await eth.away(0.04) });
    await refused(-4014, 'Price not increased by tick size.', { ...order, price: `${onGrid(order.price, 1)}.05` });
    await refused(-2022, 'ReduceOnly Order is rejected.', { ...order, reduceOnly: 'true' });
    const once = { ...order, newClientOrderId: `twice-${Date.now()}` };
    assert.equal((await signed(wire, me, 'POST', '/fapi/v1/order', once)).status, 200);
    await refused(-4116, 'ClientOrderId is duplicated.', once);
    await signed(wire, me, 'DELETE', '/fapi/v1/allOpenOrders', { symbol: 'BTCUSDT' });
  });
});
