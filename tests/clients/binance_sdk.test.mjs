// The unmodified package `binance` with an Ed25519 key: session logon and unsigned requests after it, everything in the
// query string, the dead-man switch, modify, streams wrapped and split by path.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { MainClient, USDMClient, WebsocketAPIClient, WebsocketClient, WS_KEY_MAP } from 'binance';
import { account, doneWithWire, market, onGrid, pause, secretOf, until, wires, within } from './support/env.mjs';

const kSymbol = 'BTCUSDT';
const quiet = { trace() {}, info() {}, error() {}, debug() {}, notice() {}, warning() {}, silly() {} };

for (const wire of wires) describe(`binance, Ed25519, ${wire.name}`, () => {
  const me = account('binance');
  const keys = { api_key: me.key, api_secret: secretOf(me) };
  const rest = { ...keys, baseUrl: wire.http };
  let spot, um, ws, wsapi, spotAt, umAt;
  const messages = [];
  const opened = [];

  const flat = async () => {
    await um.cancelAllOpenOrders({ symbol: kSymbol });
    for (const p of await um.getPositionsV3({ symbol: kSymbol })) {
      const size = Number(p.positionAmt);
      if (size !== 0) await um.submitNewOrder({ symbol: kSymbol, side: size > 0 ? 'SELL' : 'BUY', type: 'MARKET', quantity: Math.abs(size), reduceOnly: 'true' });
    }
    await spot.cancelAllSymbolOrders({ symbol: kSymbol }).catch(() => {});
  };

  before(async () => {
    spot = new MainClient(rest);
    um = new USDMClient(rest);
    ws = new WebsocketClient({ ...keys, wsUrl: wire.ws, restOptions: { baseUrl: wire.http } }, quiet);
    wsapi = new WebsocketAPIClient({ ...keys, wsUrl: wire.ws, attachEventListeners: false }, quiet);
    ws.on('message', (m) => messages.push(m));
    ws.on('open', (o) => opened.push(o.wsKey));
    ws.on('exception', () => {});
    wsapi.getWSClient().on('message', (m) => messages.push(m));
    wsapi.getWSClient().on('exception', () => {});
    spotAt = await market(wire, false);
    umAt = await market(wire, true);
    await flat();
  });
  after(async () => { await flat(); await wsapi.disconnectAll(); ws.closeAll(true); doneWithWire(); });

  test('spot REST: rules, book, orders, account', async () => {
    const info = await spot.getExchangeInfo({ symbol: kSymbol });
    assert.equal(info.symbols.length, 1);
    assert.equal(info.symbols[0].status, 'TRADING');
    const book = await spot.getOrderBook({ symbol: kSymbol, limit: 20 });
    assert.ok(Number(book.bids[0][0]) < Number(book.asks[0][0]));
    assert.ok(Number.isInteger(book.lastUpdateId));

    const price = await spotAt.away(0.05);
    const placed = await spot.submitNewOrder({ symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price, newOrderRespType: 'FULL' });
    assert.equal(placed.status, 'NEW');
    assert.ok(placed.clientOrderId.startsWith('x-U5D79M5B'));
    assert.deepEqual((await spot.getOpenOrders({ symbol: kSymbol })).map((o) => o.orderId), [placed.orderId]);
    const cancelled = await spot.cancelOrder({ symbol: kSymbol, orderId: placed.orderId });
    assert.deepEqual([cancelled.status, cancelled.origClientOrderId], ['CANCELED', placed.clientOrderId]);

    const { ask } = await spotAt.top();
    await assert.rejects(spot.submitNewOrder({ symbol: kSymbol, side: 'BUY', type: 'LIMIT_MAKER', quantity: 0.01, price: onGrid(Number(ask) * 1.01, spotAt.tick) }),
      (e) => e.code === -2010 && e.message === 'Order would immediately match and take.');
    const bought = await spot.submitNewOrder({ symbol: kSymbol, side: 'BUY', type: 'MARKET', quantity: 0.01, newOrderRespType: 'FULL' });
    assert.equal(bought.status, 'FILLED');
    assert.equal(bought.fills.reduce((sum, f) => sum + Number(f.qty), 0).toFixed(5), '0.01000');
    await spot.submitNewOrder({ symbol: kSymbol, side: 'SELL', type: 'MARKET', quantity: 0.01 });

    const replaced = await spot.submitNewOrder({ symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price });
    const both = await spot.replaceOrder({ symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', cancelReplaceMode: 'STOP_ON_FAILURE',
      cancelOrderId: replaced.orderId, quantity: 0.02, price });
    assert.deepEqual([both.cancelResult, both.newOrderResult], ['SUCCESS', 'SUCCESS']);
    await assert.rejects(spot.replaceOrder({ symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', cancelReplaceMode: 'STOP_ON_FAILURE',
      cancelOrderId: replaced.orderId, quantity: 0.02, price }), (e) => e.code === -2022);
    const all = await spot.cancelAllSymbolOrders({ symbol: kSymbol });
    assert.deepEqual(all.map((o) => o.orderId), [both.newOrderResponse.orderId]);
    const balances = (await spot.getAccountInformation()).balances;
    assert.ok(Number(balances.find((b) => b.asset === 'USDT').free) > 0);
  });

  test('futures REST: time, rules, post-only, modify, batches', async () => {
    assert.ok(Math.abs((await um.getServerTime()) - Date.now()) < 2000);
    const info = await um.getExchangeInfo();
    assert.equal(info.symbols.find((s) => s.symbol === kSymbol).contractType, 'PERPETUAL');
    const price = await umAt.away(0.04);
    const placed = await um.submitNewOrder({ symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTX', quantity: 0.01, price });
    assert.deepEqual([placed.status, placed.timeInForce], ['NEW', 'GTX']);
    assert.ok(placed.clientOrderId.startsWith('x-15PC4ZJy'));
    const lower = onGrid(Number(price) * 0.99, umAt.tick);
    const modified = await um.modifyOrder({ symbol: kSymbol, side: 'BUY', orderId: placed.orderId, quantity: 0.02, price: lower });
    assert.deepEqual([modified.orderId, Number(modified.price), Number(modified.origQty)], [placed.orderId, Number(lower), 0.02]);
    await assert.rejects(um.modifyOrder({ symbol: kSymbol, side: 'BUY', orderId: placed.orderId, quantity: 0.02, price: lower }), (e) => e.code === -5027);

    const crossing = onGrid(Number((await umAt.top()).ask) * 1.01, umAt.tick);
    await assert.rejects(um.submitNewOrder({ symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTX', quantity: 0.01, price: crossing }), (e) => e.code === -5022);

    const one = { symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.01', price };
    const tiny = { ...one, symbol: 'ETHUSDT', quantity: '0.001', price: await (await market(wire, true, 'ETHUSDT')).away(0.04) };
    const batch = await um.submitMultipleOrders([one, { ...one, timeInForce: 'GTX', price: crossing }, tiny]);
    assert.equal(batch[0].status, 'NEW');
    assert.deepEqual(batch.slice(1).map((b) => b.code), [-5022, -4164]);
    const gone = await um.cancelMultipleOrders({ symbol: kSymbol, orderIdList: [batch[0].orderId, 1] });
    assert.deepEqual([gone[0].status, gone[1].code], ['CANCELED', -2011]);
    assert.equal((await um.cancelAllOpenOrders({ symbol: kSymbol })).code, 200);
    assert.deepEqual(await um.getAllOpenOrders({ symbol: kSymbol }), []);
  });

  test('market order, position and balance', async () => {
    const bought = await um.submitNewOrder({ symbol: kSymbol, side: 'BUY', type: 'MARKET', quantity: 0.02, newOrderRespType: 'RESULT' });
    assert.deepEqual([bought.status, Number(bought.executedQty)], ['FILLED', 0.02]);
    const [p] = await um.getPositionsV3({ symbol: kSymbol });
    assert.equal(Number(p.positionAmt), 0.02);
    assert.ok(Number(p.entryPrice) > 0 && Number(p.initialMargin) > 0);
    const [b] = await um.getBalanceV3();
    assert.ok(Number(b.availableBalance) < Number(b.balance) + Number(b.crossUnPnl));
    await um.submitNewOrder({ symbol: kSymbol, side: 'SELL', type: 'MARKET', quantity: 0.02, reduceOnly: 'true' });
    assert.deepEqual(await um.getPositionsV3({ symbol: kSymbol }), []);
  });

  test('the dead-man switch cancels what is not refreshed', async () => {
    const price = await umAt.away(0.04);
    const order = { symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price };
    await um.submitNewOrder(order);
    assert.equal((await um.setCancelOrdersOnTimeout({ symbol: kSymbol, countdownTime: 1500 })).countdownTime, '1500');
    for (let i = 0; i < 5; ++i) {
      await pause(350);
      await um.setCancelOrdersOnTimeout({ symbol: kSymbol, countdownTime: 1500 });
    }
    assert.equal((await um.getAllOpenOrders({ symbol: kSymbol })).length, 1, 'longer than the countdown, but refreshed');
    await until('the switch to fire', async () => (await um.getAllOpenOrders({ symbol: kSymbol })).length === 0);
    // Zero disarms it.
    await um.submitNewOrder(order);
    await um.setCancelOrdersOnTimeout({ symbol: kSymbol, countdownTime: 300 });
    await um.setCancelOrdersOnTimeout({ symbol: kSymbol, countdownTime: 0 });
    await pause(600);
    assert.equal((await um.getAllOpenOrders({ symbol: kSymbol })).length, 1);
    await um.cancelAllOpenOrders({ symbol: kSymbol });
  });

  test('market streams of both products', async () => {
    messages.length = 0;
    await ws.subscribe(['btcusdt@depth@100ms', 'btcusdt@bookTicker', 'btcusdt@trade', 'btcusdt@aggTrade'], WS_KEY_MAP.main);
    await ws.subscribe(['btcusdt@depth@100ms', 'btcusdt@bookTicker'], WS_KEY_MAP.usdmPublic);
    await ws.subscribe(['btcusdt@markPrice@1s', 'btcusdt@aggTrade'], WS_KEY_MAP.usdmMarket);
    const of = (key, name) => messages.filter((m) => m.wsKey === key && (m.stream === name || m.e === name || (name === 'bookTicker' && m.b && m.a && m.u && !m.U && !m.e)));
    const data = (m) => m.data ?? m;
    await until('spot depth', () => of(WS_KEY_MAP.main, 'depthUpdate').length >= 3);
    await until('futures depth', () => of(WS_KEY_MAP.usdmPublic, 'depthUpdate').length >= 3);
    await until('mark price', () => of(WS_KEY_MAP.usdmMarket, 'markPriceUpdate').length >= 1);
    await spot.submitNewOrder({ symbol: kSymbol, side: 'BUY', type: 'MARKET', quantity: 0.01 });
    await spot.submitNewOrder({ symbol: kSymbol, side: 'SELL', type: 'MARKET', quantity: 0.01 });
    await until('a trade', () => of(WS_KEY_MAP.main, 'trade').length >= 1);
    await until('an aggregate trade', () => of(WS_KEY_MAP.main, 'aggTrade').length >= 1);
    const spotDepth = of(WS_KEY_MAP.main, 'depthUpdate').map(data);
    for (let i = 1; i < spotDepth.length; ++i) assert.equal(Number(spotDepth[i].U), Number(spotDepth[i - 1].u) + 1);
    const umDepth = of(WS_KEY_MAP.usdmPublic, 'depthUpdate').map(data);
    for (let i = 1; i < umDepth.length; ++i) assert.equal(umDepth[i].pu, umDepth[i - 1].u);
  });

  test('futures user stream: new, trade, account, order, in this order', async () => {
    messages.length = 0;
    await ws.subscribeUsdFuturesUserDataStream();
    await until('the socket', () => opened.some((key) => key.endsWith(WS_KEY_MAP.usdmPrivate)));
    const bought = await um.submitNewOrder({ symbol: kSymbol, side: 'BUY', type: 'MARKET', quantity: 0.01, newOrderRespType: 'RESULT' });
    const mine = () => messages.filter((m) => ['TRADE_LITE', 'ACCOUNT_UPDATE', 'ORDER_TRADE_UPDATE'].includes(m.e));
    await until('the fill', () => mine().some((m) => m.e === 'ORDER_TRADE_UPDATE' && m.o.i === bought.orderId && m.o.X === 'FILLED'));
    const kinds = mine().map((m) => (m.e === 'ORDER_TRADE_UPDATE' ? m.o.x : m.e));
    assert.equal(kinds[0], 'NEW');
    assert.deepEqual(kinds.slice(1, 4), ['TRADE_LITE', 'ACCOUNT_UPDATE', 'TRADE']);
    const position = mine().filter((m) => m.e === 'ACCOUNT_UPDATE').at(-1).a.P[0];
    assert.deepEqual([position.s, Number(position.pa)], [kSymbol, 0.01]);
    await um.submitNewOrder({ symbol: kSymbol, side: 'SELL', type: 'MARKET', quantity: 0.01, reduceOnly: 'true' });
  });

  test('WebSocket API with a session: logon, then unsigned orders on both products', async () => {
    messages.length = 0;
    const time = await within('time', wsapi.getSpotServerTime());
    assert.ok(Math.abs(time.result.serverTime - Date.now()) < 2000);
    await within('userDataStream.subscribe', wsapi.subscribeUserDataStream(WS_KEY_MAP.mainWSAPI));
    const price = await spotAt.away(0.05);
    const placed = await within('order.place', wsapi.submitNewSpotOrder({ symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.01', price, timestamp: Date.now() }));
    assert.equal(placed.result.status, 'NEW');
    assert.ok(placed.rateLimits.some((l) => l.rateLimitType === 'ORDERS' && l.count >= 1));
    const status = await within('session.status', wsapi.getSpotSessionStatus());
    assert.deepEqual([status.result.apiKey, status.result.userDataStream], [me.key, true]);
    const all = await within('openOrders.cancelAll', wsapi.cancelAllSpotOpenOrders({ symbol: kSymbol, timestamp: Date.now() }));
    assert.deepEqual(all.result.map((o) => o.orderId), [placed.result.orderId]);
    const reports = () => messages.map((m) => m.event ?? m).filter((m) => m.e === 'executionReport' || m.eventType === 'executionReport');
    await until('both reports', () => reports().length >= 2);
    assert.deepEqual(reports().map((r) => r.x ?? r.executionType), ['NEW', 'CANCELED']);

    const low = await umAt.away(0.04);
    const order = await within('futures order.place', wsapi.submitNewFuturesOrder('usdm', { symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTX', quantity: '0.01', price: low, timestamp: Date.now() }));
    assert.equal(order.result.status, 'NEW');
    const lower = onGrid(Number(low) * 0.99, umAt.tick);
    const modified = await within('order.modify', wsapi.modifyFuturesOrder('usdm', { symbol: kSymbol, side: 'BUY', orderId: order.result.orderId, origType: 'LIMIT', positionSide: 'BOTH', quantity: '0.02', price: lower, timestamp: Date.now() }));
    assert.equal(Number(modified.result.price), Number(lower));
    const gone = await within('order.cancel', wsapi.cancelFuturesOrder('usdm', { symbol: kSymbol, orderId: order.result.orderId, timestamp: Date.now() }));
    assert.equal(gone.result.status, 'CANCELED');
  });
});
