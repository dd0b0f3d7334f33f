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

function account(name, kind, opening) {
  const base = { name, kind, key: keyText(), opening };
  if (kind === 'hmac') return { ...base, secret: keyText() };
  return { ...base, pem: pem(kind, kind === 'rsa' ? { modulusLength: 2048 } : undefined) };
}

const opening = { USDT: '1000000', BTC: '50' };

export const makeAccounts = () => [
  account('maker', 'hmac', opening),  // the other side of fills that a test wants to see
  account('ccxt-spot', 'hmac', opening),
  account('ccxt-usdm', 'ed25519', opening),
  account('binance', 'ed25519', opening),
  account('official', 'rsa', opening),
  account('refused', 'hmac', { USDT: '1000', BTC: '0.01' }),
];
