// Binance's own unmodified connectors for spot and futures with an RSA key: everything in the query string, JSON content
// type with an empty body, three sockets for futures streams, the listen key as a stream name.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Spot } from '@binance/spot';
import { DerivativesTradingUsdsFutures } from '@binance/derivatives-trading-usds-futures';
import { account, doneWithWire, market, onGrid, pause, secretOf, until, wires, within } from './support/env.mjs';

const kSymbol = 'BTCUSDT';

for (const wire of wires) describe(`official connectors, RSA, ${wire.name}`, () => {
  const me = account('official');
  const keys = { apiKey: me.key, privateKey: secretOf(me) };
  const config = (wsApi) => ({
    configurationRestAPI: { ...keys, basePath: wire.http, timeout: 5000 },
    configurationWebsocketAPI: { ...keys, wsURL: wire.ws + wsApi },
    configurationWebsocketStreams: { wsURL: wire.ws },
  });
  let spot, um, spotAt, umAt;

  const flat = async () => {
    await um.cancelAllOpenOrders({ symbol: kSymbol });
    for (const p of await (await um.positionInformationV3({ symbol: kSymbol })).data()) {
      const size = Number(p.positionAmt);
      if (size !== 0) await um.newOrder({ symbol: kSymbol, side: size > 0 ? 'SELL' : 'BUY', type: 'MARKET', quantity: Math.abs(size), reduceOnly: 'true' });
    }
    await spot.deleteOpenOrders({ symbol: kSymbol }).catch(() => {});
  };

  before(async () => {
    spot = new Spot(config('/ws-api/v3'));
    um = new DerivativesTradingUsdsFutures(config('/ws-fapi/v1'));
    const whole = { spot, um };
    spot = whole.spot.restAPI;
    um = whole.um.restAPI;
    Object.assign(streams, { spot: whole.spot.websocketStreams, um: whole.um.websocketStreams });
    Object.assign(wsapi, { spot: whole.spot.websocketAPI, um: whole.um.websocketAPI });
    spotAt = await market(wire, false);
    umAt = await market(wire, true);
    await flat();
  });
  const streams = {};
  const wsapi = {};
  after(async () => { await flat(); doneWithWire(); });

  test('spot REST', async () => {
    const info = await (await spot.exchangeInfo({ symbol: kSymbol })).data();
    assert.equal(info.symbols[0].symbol, kSymbol);
    const answer = await spot.depth({ symbol: kSymbol, limit: 10 });
    const book = await answer.data();
    assert.ok(Number(book.bids[0][0]) < Number(book.asks[0][0]));
    assert.ok(answer.rateLimits.some((l) => l.rateLimitType === 'REQUEST_WEIGHT' && l.count > 0), JSON.stringify(answer.rateLimits));

    const price = Number(await spotAt.away(0.05));
    const placed = await (await spot.newOrder({ symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price })).data();
    assert.deepEqual([placed.status, Number(placed.price)], ['NEW', price]);
    const open = await (await spot.getOpenOrders({ symbol: kSymbol })).data();
    assert.deepEqual(open.map((o) => String(o.orderId)), [String(placed.orderId)]);
    const amended = await (await spot.orderAmendKeepPriority({ symbol: kSymbol, orderId: placed.orderId, newQty: 0.005 })).data();
    assert.deepEqual([Number(amended.amendedOrder.qty), amended.amendedOrder.origClientOrderId], [0.005, placed.clientOrderId]);
    const cancelled = await (await spot.deleteOrder({ symbol: kSymbol, orderId: placed.orderId })).data();
    assert.equal(cancelled.status, 'CANCELED');

    const crossing = Number(onGrid(Number((await spotAt.top()).ask) * 1.01, spotAt.tick));
    await assert.rejects(spot.newOrder({ symbol: kSymbol, side: 'BUY', type: 'LIMIT_MAKER', quantity: 0.01, price: crossing }),
      (e) => e.message.includes('Order would immediately match and take.'));
    const bought = await (await spot.newOrder({ symbol: kSymbol, side: 'BUY', type: 'MARKET', quantity: 0.01 })).data();
    assert.equal(bought.status, 'FILLED');
    const trades = await (await spot.myTrades({ symbol: kSymbol, orderId: bought.orderId })).data();
    assert.ok(Math.abs(trades.reduce((sum, t) => sum + Number(t.qty), 0) - 0.01) < 1e-12);
    const me = await (await spot.getAccount()).data();
    assert.ok(me.balances.some((b) => b.asset === 'BTC' && Number(b.free) > 0));
    await spot.newOrder({ symbol: kSymbol, side: 'SELL', type: 'MARKET', quantity: 0.01 });
    const counts = await (await spot.rateLimitOrder()).data();
    assert.ok(counts.every((c) => c.rateLimitType === 'ORDERS'));
  });

  test('futures REST', async () => {
    const info = await (await um.exchangeInformation()).data();
    assert.ok(info.symbols.some((s) => s.symbol === kSymbol));
    const price = Number(await umAt.away(0.04));
    const placed = await (await um.newOrder({ symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTX', quantity: 0.01, price })).data();
    assert.equal(placed.status, 'NEW');
    const lower = Number(onGrid(price * 0.99, umAt.tick));
    const modified = await (await um.modifyOrder({ symbol: kSymbol, side: 'BUY', orderId: placed.orderId, quantity: 0.02, price: lower })).data();
    assert.equal(Number(modified.price), lower);
    const batch = await (await um.placeMultipleOrders({ batchOrders: [
      { symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.01', price: String(lower) },
      { symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTX', quantity: '0.01', price: onGrid(Number((await umAt.top()).ask) * 1.01, umAt.tick) }] })).data();
    assert.equal(batch[0].status, 'NEW');
    assert.equal(batch[1].code, -5022);
    assert.equal((await (await um.autoCancelAllOpenOrders({ symbol: kSymbol, countdownTime: 300 })).data()).countdownTime, '300');
    await until('the switch to fire', async () => (await (await um.currentAllOpenOrders({ symbol: kSymbol })).data()).length === 0);

    const bought = await (await um.newOrder({ symbol: kSymbol, side: 'BUY', type: 'MARKET', quantity: 0.02, newOrderRespType: 'RESULT' })).data();
    assert.equal(bought.status, 'FILLED');
    const [position] = await (await um.positionInformationV3({ symbol: kSymbol })).data();
    assert.equal(Number(position.positionAmt), 0.02);
    const [balance] = await (await um.futuresAccountBalanceV3()).data();
    assert.ok(Number(balance.balance) > 0);
    const whole = await (await um.accountInformationV3()).data();
    assert.ok(Number(whole.totalInitialMargin) > 0);
    await um.newOrder({ symbol: kSymbol, side: 'SELL', type: 'MARKET', quantity: 0.02, reduceOnly: 'true' });
    const brackets = await (await um.notionalAndLeverageBrackets({ symbol: kSymbol })).data();
    assert.ok((Array.isArray(brackets) ? brackets[0] : brackets).brackets[0].initialLeverage > 1);
  });

  test('spot streams', async () => {
    const connection = await within('connect', streams.spot.connect());
    const seen = [];
    connection.diffBookDepth({ symbol: 'btcusdt', updateSpeed: '100ms' }).on('message', (d) => seen.push(d));
    const tickers = [];
    connection.bookTicker({ symbol: 'btcusdt' }).on('message', (d) => tickers.push(d));
    await until('depth', () => seen.length >= 4);
    await until('bookTicker', () => tickers.length >= 1);
    for (let i = 1; i < seen.length; ++i) assert.equal(Number(seen[i].U), Number(seen[i - 1].u) + 1);
    assert.ok(Number(tickers[0].b) < Number(tickers[0].a));
    await connection.disconnect();
  });

  test('futures streams: three sockets, listen key as a stream name', async () => {
    const connection = await within('connect', streams.um.connect());
    const depth = [], marks = [], mine = [];
    connection.diffBookDepthStreams({ symbol: 'btcusdt', updateSpeed: '100ms' }).on('message', (d) => depth.push(d));
    connection.markPriceStream({ symbol: 'btcusdt', updateSpeed: '1s' }).on('message', (d) => marks.push(d));
    const { listenKey } = await (await um.startUserDataStream()).data();
    assert.equal((await (await um.startUserDataStream()).data()).listenKey, listenKey);
    connection.userData(listenKey).on('message', (d) => mine.push(d));
    await until('depth', () => depth.length >= 4);
    await until('mark price', () => marks.length >= 1);
    for (let i = 1; i < depth.length; ++i) assert.equal(String(depth[i].pu), String(depth[i - 1].u));
    await pause(200);
    const placed = await (await um.newOrder({ symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price: Number(await umAt.away(0.04)) })).data();
    await until('NEW', () => mine.some((m) => m.e === 'ORDER_TRADE_UPDATE' && m.o.x === 'NEW'));
    await um.cancelOrder({ symbol: kSymbol, orderId: placed.orderId });
    await until('CANCELED', () => mine.some((m) => m.e === 'ORDER_TRADE_UPDATE' && m.o.x === 'CANCELED'));
    assert.deepEqual(mine.filter((m) => m.e === 'ORDER_TRADE_UPDATE').map((m) => m.o.x), ['NEW', 'CANCELED']);
    await um.keepaliveUserDataStream();
    await um.closeUserDataStream();
    await connection.disconnect();
  });

  test('spot WebSocket API, each request signed, and its user events', async () => {
    const connection = await within('connect', wsapi.spot.connect());
    const events = [];
    const { stream } = await within('subscribe', connection.userDataStreamSubscribeSignature());
    stream.on('message', (d) => events.push(d));
    const time = await within('time', connection.time());
    assert.ok(Math.abs(Number(time.data.serverTime) - Date.now()) < 2000);
    const price = Number(await spotAt.away(0.05));
    const placed = await within('order.place', connection.orderPlace({ symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price, newOrderRespType: 'RESULT' }));
    assert.equal(placed.data.status, 'NEW');
    const status = await within('order.status', connection.orderStatus({ symbol: kSymbol, orderId: placed.data.orderId }));
    assert.equal(Number(status.data.price), price);
    const gone = await within('order.cancel', connection.orderCancel({ symbol: kSymbol, orderId: placed.data.orderId }));
    assert.equal(gone.data.status, 'CANCELED');
    await until('both reports', () => events.filter((e) => e.e === 'executionReport').length >= 2);
    assert.deepEqual(events.filter((e) => e.e === 'executionReport').map((e) => e.x), ['NEW', 'CANCELED']);
    await connection.disconnect();
  });

  test('futures WebSocket API', async () => {
    const connection = await within('connect', wsapi.um.connect());
    const price = Number(await umAt.away(0.04));
    const placed = await within('order.place', connection.newOrder({ symbol: kSymbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price }));
    assert.equal(placed.data.status, 'NEW');
    const lower = Number(onGrid(price * 0.99, umAt.tick));
    const modified = await within('order.modify', connection.modifyOrder({ symbol: kSymbol, side: 'BUY', orderId: placed.data.orderId, quantity: 0.01, price: lower }));
    assert.equal(Number(modified.data.price), lower);
    const gone = await within('order.cancel', connection.cancelOrder({ symbol: kSymbol, orderId: placed.data.orderId }));
    assert.equal(gone.data.status, 'CANCELED');
    await connection.disconnect();
  });
});
