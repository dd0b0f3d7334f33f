// The accounts of the runs: one per client and key type, each with its own keys, made anew for every run.
import { generateKeyPairSync, randomBytes } from 'node:crypto';

const pem = (type, options) => {
  const pair = generateKeyPairSync(type, options);
  return {
    public: pair.publicKey.export({ type: 'spki', format: 'pem' }),
    private: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
};

const keyText = () => randomBytes(48).toString('base64').replace(/[+/=]/g, 'x').slice(0, 64);

function account(name, kind, balances) {
  const base = { name, kind, key: keyText(), balances };
  if (kind === 'hmac') return { ...base, secret: keyText() };
  return { ...base, pem: pem(kind, kind === 'rsa' ? { modulusLength: 2048 } : undefined) };
}

const money = { USDT: '1000000', BTC: '50' };
const binance = { 'binance-spot': money, 'binance-usdm': { USDT: '1000000' } };

const lmex = { 'lmex-spot': money, 'lmex-futures': { USDT: '1000000' } };

export const makeAccounts = () => [
  account('hand', 'hmac', binance),  // for requests made without a library
  account('ccxt-spot', 'hmac', binance),
  account('ccxt-usdm', 'ed25519', binance),
  account('binance', 'ed25519', binance),
  account('official', 'rsa', binance),
  account('ccxt-btse', 'hmac', lmex),
  account('lmex-hand', 'hmac', lmex),  // requests of the older generation, for which no client library exists
  account('lmex-poor', 'hmac', { 'lmex-spot': { USDT: '100' }, 'lmex-futures': { USDT: '1' } }),
  account('poor', 'hmac', { 'binance-spot': { USDT: '1000', BTC: '0.01' } }),
];
