// What of `jobber exchange` the runs depend on: the form of the accounts file and of the ready line (docs/exchange.md).

const keyOf = (a) => (a.kind === 'hmac' ? { key: a.key, secret: a.secret } : { key: a.key, type: a.kind, public_key: a.pem.public });

export const accountsFile = (accounts) => JSON.stringify({
  accounts: accounts.map((a) => ({ name: a.name, keys: [keyOf(a)], balances: a.balances })) }, null, 2);

// The ready line as { tls, plain, ca }, or undefined for any other line.
export function readyLine(line) {
  try {
    const got = JSON.parse(line);
    return got.ready ? { tls: got.tls, plain: got.plain, ca: got.ca } : undefined;
  } catch {
    return undefined;
  }
}
