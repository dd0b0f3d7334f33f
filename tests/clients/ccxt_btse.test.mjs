// ccxt's unmodified BTSE client: LMEX runs on that technology. It speaks the unified generation, REST only; calls that
// no library makes (futures v2.3, spot v3.3) are made by hand at the end.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import ccxt from 'ccxt';
import { account, onGrid, pause, until, wires } from './support/env.mjs';

const kSpot = 'BTC/USDT';
const kSwap = 'BTC/USDT:USDT';

function client(wire, name = 'ccxt-btse') {
  const me = account(name);
  return new ccxt.btse({ apiKey: me.key, secret: me.secret, enableRateLimit: true, rateLimit: 20,
    urls: { api: { public: wire.http, private: wire.http } } });
}

for (const wire of wires) describe(`ccxt btse, HMAC-SHA384, ${wire.name}`, () => {
  let ex;
  const tick = (symbol) => ex.market(symbol).precision.price;
  const away = async (symbol, share) => {
    const book = await ex.fetchOrderBook(symbol, 5);
    return Number(onGrid(book.bids[0][0] * (1 - share), tick(symbol)));
  };
  const flat = async () => {
    await ex.cancelAllOrders(kSpot);
    await ex.cancelAllOrders(kSwap);
    for (const p of await ex.fetchPositions([kSwap])) {
      await ex.createOrder(kSwap, 'market', p.side === 'long' ? 'sell' : 'buy', p.contracts, undefined, { reduceOnly: true });
    }
  };

  before(async () => {
    ex = client(wire);
    await ex.loadMarkets();
    await flat();
  });
  after(flat);

  test('markets: grids, contract size, both products', () => {
    const spot = ex.market(kSpot), swap = ex.market(kSwap);
    assert.deepEqual([spot.spot, spot.active, spot.precision.price, spot.precision.amount], [true, true, 0.1, 0.00001]);
    assert.deepEqual([swap.swap, swap.linear, swap.settle, swap.contractSize, swap.precision.amount], [true, true, 'USDT', 0.00001, 1]);
    assert.equal(swap.id, 'BTC-PERP-USDT');
  });

  test('the venue knows what time it is', async () => {
    const time = await ex.fetchTime();
    assert.ok(Math.abs(time - Date.now()) < 2000, `${time}`);
  });

  for (const symbol of [kSpot, kSwap]) {
    test(`${symbol}: book and trades`, async () => {
      const book = await ex.fetchOrderBook(symbol, 20);
      assert.ok(book.bids.length > 0 && book.bids.length <= 20 && book.asks.length > 0);
      assert.ok(book.bids[0][0] < book.asks[0][0]);
      for (let i = 1; i < book.bids.length; ++i) assert.ok(book.bids[i][0] < book.bids[i - 1][0]);
      const trades = await until('a trade', async () => { const t = await ex.fetchTrades(symbol, undefined, 10); return t.length > 0 && t; });
      assert.ok(trades.length <= 10 && trades.every((t) => t.price > 0 && t.amount > 0 && ['buy', 'sell'].includes(t.side)));
    });

    test(`${symbol}: limit order placed, found, edited, cancelled`, async () => {
      const amount = symbol === kSpot ? 0.002 : 300;
      const price = await away(symbol, 0.04);
      const placed = await ex.createOrder(symbol, 'limit', 'buy', amount, price, { clientOrderId: `btse-${Date.now()}` });
      assert.equal(placed.status, 'open');
      assert.deepEqual([placed.price, placed.amount, placed.filled, placed.side], [price, amount, 0, 'buy']);
      const found = await ex.fetchOpenOrder(placed.id, symbol);
      assert.deepEqual([found.id, found.status, found.price, found.remaining], [placed.id, 'open', price, amount]);
      assert.equal(found.clientOrderId, placed.clientOrderId);

      const lower = Number(onGrid(price * 0.99, tick(symbol)));
      const edited = await ex.editOrder(placed.id, symbol, 'limit', 'buy', 2 * amount, lower);
      assert.deepEqual([edited.id, edited.status, edited.price, edited.amount], [placed.id, 'open', lower, 2 * amount]);
      assert.deepEqual((await ex.fetchOpenOrders(symbol)).map((o) => [o.id, o.price]), [[placed.id, lower]]);

      const cancelled = await ex.cancelOrder(placed.id, symbol);
      assert.deepEqual([cancelled.id, cancelled.status], [placed.id, 'canceled']);
      assert.deepEqual(await ex.fetchOpenOrders(symbol), []);
      await assert.rejects(ex.cancelOrder(placed.id, symbol), ccxt.OrderNotFound);
      await assert.rejects(ex.editOrder(placed.id, symbol, 'limit', 'buy', amount, price), ccxt.OrderNotFound);
    });

    test(`${symbol}: post-only rests or is refused with status 15`, async () => {
      const amount = symbol === kSpot ? 0.002 : 300;
      const book = await ex.fetchOrderBook(symbol, 5);
      const crossing = Number(onGrid(book.asks[0][0] * 1.01, tick(symbol)));
      await assert.rejects(ex.createOrder(symbol, 'limit', 'buy', amount, crossing, { postOnly: true }), (e) => {
        assert.ok(e instanceof ccxt.InvalidOrder, `${e}`);
        assert.ok(e.message.includes('"status":15'), e.message);
        return true;
      });
      const rests = await ex.createOrder(symbol, 'limit', 'buy', amount, await away(symbol, 0.04), { postOnly: true });
      assert.deepEqual([rests.status, rests.postOnly], ['open', true]);
      await ex.cancelOrder(rests.id, symbol);
    });

    test(`${symbol}: cancel all`, async () => {
      const amount = symbol === kSpot ? 0.002 : 300;
      const price = await away(symbol, 0.04);
      const ids = [];
      for (let i = 0; i < 3; ++i) ids.push((await ex.createOrder(symbol, 'limit', 'buy', amount, Number(onGrid(price - i, tick(symbol))))).id);
      const gone = await ex.cancelAllOrders(symbol);
      assert.deepEqual(gone.map((o) => o.id).sort(), ids.sort());
      assert.ok(gone.every((o) => o.status === 'canceled'));
      assert.deepEqual(await ex.cancelAllOrders(symbol), []);
    });

    test(`${symbol}: the dead-man switch cancels, unless it is disarmed`, async () => {
      const amount = symbol === kSpot ? 0.002 : 300;
      const type = symbol === kSpot ? 'spot' : 'swap';
      const placed = await ex.createOrder(symbol, 'limit', 'buy', amount, await away(symbol, 0.04));
      await ex.cancelAllOrdersAfter(300, { type });
      await ex.cancelAllOrdersAfter(0, { type });
      await pause(500);
      assert.equal((await ex.fetchOpenOrders(symbol)).length, 1);
      await ex.cancelAllOrdersAfter(200, { type });
      await until('the switch', async () => (await ex.fetchOpenOrders(symbol)).length === 0);
      await assert.rejects(ex.cancelOrder(placed.id, symbol), ccxt.OrderNotFound);
    });
  }

  test('a spot market buy spends quote, a market sell brings it back, and both are among my trades', async () => {
    const before = await ex.fetchBalance({ type: 'spot' });
    const ask = (await ex.fetchOrderBook(kSpot, 5)).asks[0][0];
    const bought = await ex.createOrder(kSpot, 'market', 'buy', 0.005, ask);
    assert.equal(bought.status, 'closed');
    assert.ok(bought.filled > 0.0045 && bought.filled <= 0.005 && bought.average > 0);
    const held = await ex.fetchBalance({ type: 'spot' });
    const fee = bought.filled * 0.001;
    assert.ok(Math.abs(held.BTC.total - before.BTC.total - (bought.filled - fee)) < 1e-7);
    assert.ok(Math.abs(before.USDT.total - held.USDT.total - bought.filled * bought.average) < 0.01);
    const sold = await ex.createOrder(kSpot, 'market', 'sell', 0.004);
    assert.equal(sold.status, 'closed');
    const mine = await ex.fetchMyTrades(kSpot);
    const of = (order) => mine.filter((t) => t.order === order.id);
    assert.ok(Math.abs(of(bought).reduce((sum, t) => sum + t.amount, 0) - bought.filled) < 1e-9);
    assert.ok(of(sold).every((t) => t.side === 'sell' && t.symbol === kSpot && t.fee.currency === 'USDT'));
  });

  test('a futures market order makes a position; a reduce-only one closes it', async () => {
    const opened = await ex.createOrder(kSwap, 'market', 'sell', 300);
    assert.ok(opened.filled === 300 && opened.average > 0);
    const [position] = await ex.fetchPositions([kSwap]);
    assert.deepEqual([position.side, position.contracts, position.contractSize, position.marginMode], ['short', 300, 0.00001, 'cross']);
    assert.ok(Math.abs(position.entryPrice - opened.average) < 0.01);
    const balance = await ex.fetchBalance({ type: 'swap' });
    assert.ok(balance.USDT.total > 0);
    const mine = (await ex.fetchMyTrades(kSwap)).filter((t) => t.order === opened.id);
    assert.equal(mine.reduce((sum, t) => sum + t.amount, 0), 300);
    assert.equal(mine[0].symbol, kSwap);
    await ex.createOrder(kSwap, 'market', 'buy', 500, undefined, { reduceOnly: true });
    assert.deepEqual(await ex.fetchPositions([kSwap]), []);
    await assert.rejects(ex.createOrder(kSwap, 'market', 'buy', 500, undefined, { reduceOnly: true }), ccxt.InvalidOrder);
  });

  test('ticker, funding, fees, leverage and position mode', async () => {
    for (const symbol of [kSpot, kSwap]) {
      const ticker = await ex.fetchTicker(symbol);
      assert.ok(ticker.bid < ticker.ask && ticker.last > 0 && ticker.high >= ticker.low);
      const fee = await ex.fetchTradingFee(symbol);
      assert.ok(fee.taker > 0 && fee.taker < 0.01 && fee.maker <= fee.taker);
    }
    const funding = await ex.fetchFundingRate(kSwap);
    assert.ok(Math.abs(funding.fundingRate) < 0.01 && funding.nextFundingTimestamp > Date.now() && funding.interval === '8h');
    await ex.setLeverage(10, kSwap);
    assert.equal((await ex.fetchLeverage(kSwap)).longLeverage, 10);
    await assert.rejects(ex.setLeverage(1000, kSwap), ccxt.BadRequest);
    assert.equal((await ex.fetchPositionMode(kSwap)).hedged, false);
  });

  test('what is wrong is refused as the venue refuses it', async () => {
    const spoiled = client(wire);
    spoiled.secret += 'x';
    await assert.rejects(spoiled.fetchOpenOrders(kSpot), ccxt.AuthenticationError);
    await assert.rejects(spoiled.fetchPositions(), ccxt.AuthenticationError);
    const stranger = client(wire);
    stranger.apiKey = 'nobody';
    await assert.rejects(stranger.fetchBalance(), ccxt.AuthenticationError);
    const late = client(wire);
    late.options.timeDifference = 3600_000;
    await assert.rejects(late.fetchOpenOrders(kSpot), (e) => e instanceof ccxt.InvalidNonce || e instanceof ccxt.AuthenticationError);

    const price = await away(kSpot, 0.04);
    const raw = { symbol: 'BTC-USDT', orderSide: 'BUY', orderType: 'LIMIT', orderSize: '0.002', orderPrice: `${price}` };
    await assert.rejects(ex.privatePostSpotApiV4TradeOrders({ ...raw, orderPrice: `${price.toFixed(1)}5` }), ccxt.InvalidOrder);
    await assert.rejects(ex.privatePostSpotApiV4TradeOrders({ ...raw, orderSize: '0.0000001' }), ccxt.InvalidOrder);
    await assert.rejects(ex.privatePostSpotApiV4TradeOrders({ ...raw, orderSize: '5000000000' }), ccxt.InvalidOrder);
    await assert.rejects(ex.privatePostSpotApiV4TradeOrders({ ...raw, symbol: 'NONE-USDT' }), ccxt.BadSymbol);
    await assert.rejects(ex.privatePostSpotApiV4TradeOrders({ ...raw, orderSide: 'HOLD' }), ccxt.BadRequest);
    const swap = { symbol: 'BTC-PERP', orderSide: 'BUY', orderType: 'LIMIT', orderSize: '300', orderPrice: `${price}` };
    await assert.rejects(ex.privatePostFuturesApiV3TradeOrders({ ...swap, orderSize: '300.5' }), ccxt.InvalidOrder);
    await assert.rejects(ex.privatePostFuturesApiV3TradeOrders({ ...swap, orderPrice: `${price.toFixed(1)}5` }), ccxt.InvalidOrder);
    await assert.rejects(ex.privatePostFuturesApiV3TradeOrders({ ...swap, symbol: 'BTC-PERP-USDT' }), ccxt.BadSymbol);
    await assert.rejects(ex.privatePostFuturesApiV3TradeOrders({ ...swap, orderPrice: '1.0' }), ccxt.InvalidOrder);
    const poor = client(wire, 'lmex-poor');
    await poor.loadMarkets();
    await assert.rejects(poor.createOrder(kSpot, 'limit', 'buy', 0.1, price), ccxt.InsufficientFunds);
    await assert.rejects(poor.createOrder(kSwap, 'limit', 'buy', 100000, price), ccxt.InsufficientFunds);
    assert.deepEqual(await ex.fetchOpenOrders(kSpot), []);
  });
});

// ---- the older generation, by hand

async function call(wire, who, method, target, body) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const nonce = `${Date.now()}`;
  const path = target.split('?')[0].replace(/^\/(futures|spot)/, '');
  const headers = { 'request-api': who.key, 'request-nonce': nonce, 'Content-Type': 'application/json',
    'request-sign': createHmac('sha384', who.secret).update(path + nonce + text).digest('hex') };
  const answer = await fetch(wire.http + target, { method, headers, ...(text ? { body: text } : {}) });
  const raw = await answer.text();
  return { status: answer.status, body: raw ? JSON.parse(raw) : null };
}

describe('futures v2.3 and spot v3.3, by hand', () => {
  const [wire] = wires;
  const who = account('lmex-hand');

  test('an order lives through the arrays of v2.3', async () => {
    const summary = await (await fetch(`${wire.http}/futures/api/v2.3/market_summary?symbol=BTC-PERP&listFullAttributes=true`)).json();
    assert.equal(summary[0].contractSize, 0.00001);
    const price = Number(onGrid(summary[0].highestBid * 0.96, 0.1));
    const order = { symbol: 'BTC-PERP', size: 300, price, side: 'BUY', type: 'LIMIT', txType: 'LIMIT', time_in_force: 'GTC', postOnly: true,
      reduceOnly: false, clOrderID: 'hand-1' };
    const placed = await call(wire, who, 'POST', '/futures/api/v2.3/order', order);
    assert.equal(placed.status, 200);
    assert.deepEqual([placed.body[0].status, placed.body[0].remainingSize, placed.body[0].clOrderID], [2, 300, 'hand-1']);
    const twin = await call(wire, who, 'POST', '/futures/api/v2.3/order', order);
    assert.equal(twin.body[0].status, 2, 'a client id may be used twice');
    const amended = await call(wire, who, 'PUT', '/futures/api/v2.3/order', { symbol: 'BTC-PERP', orderID: placed.body[0].orderID, type: 'PRICE', value: price - 1 });
    assert.deepEqual([amended.body[0].status, amended.body[0].price], [123, Number((price - 1).toFixed(1))]);
    const open = await call(wire, who, 'GET', '/futures/api/v2.3/user/open_orders?symbol=BTC-PERP');
    assert.deepEqual(open.body.map((o) => o.orderState), ['STATUS_ACTIVE', 'STATUS_ACTIVE']);
    const both = await call(wire, who, 'DELETE', '/futures/api/v2.3/order?symbol=BTC-PERP&clOrderID=hand-1');
    assert.deepEqual(both.body.map((o) => o.status), [6, 6], 'every order that carries it');
    const unknown = await call(wire, who, 'DELETE', '/futures/api/v2.3/order?symbol=BTC-PERP&clOrderID=hand-1');
    assert.deepEqual([unknown.body.status, unknown.body.errorCode, unknown.body.message], [429, -1, 'Order not found']);
    const found = await call(wire, who, 'GET', `/futures/api/v2.3/order?orderID=${placed.body[0].orderID}`);
    assert.equal(found.body.status, 6);
    const armed = await call(wire, who, 'POST', '/futures/api/v2.3/order/cancelAllAfter', { timeout: 60000 });
    assert.deepEqual([armed.status, armed.body], [200, null]);
    await call(wire, who, 'POST', '/futures/api/v2.3/order/cancelAllAfter', { timeout: 0 });
  });

  test('a spot market buy of v3.3 says in `price` what it may spend', async () => {
    const bought = await call(wire, who, 'POST', '/spot/api/v3.3/order', { symbol: 'BTC-USDT', price: 100, side: 'BUY', type: 'MARKET' });
    assert.equal(bought.body[0].orderCurrency, 'quote');
    assert.ok([4, 5].includes(bought.body[0].status) && bought.body[0].totalFilledBaseSize > 0.001);
    assert.equal(bought.body[0].originalOrderBaseSize, null);
  });

  test('too many queries are told when to come back', async () => {
    const answers = await Promise.all(Array.from({ length: 80 }, () => call(wire, who, 'GET', '/spot/api/v3.3/user/open_orders')));
    assert.ok(answers.some((a) => a.status === 200) && answers.some((a) => a.status === 429));
  });
});
