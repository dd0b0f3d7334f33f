// What of `jobber exchange` the runs depend on: the form of the accounts file and of the ready line.

export const accountsFile = (accounts) => JSON.stringify({
  accounts: accounts.map((a) => ({
    name: a.name, key: a.key, ...(a.kind === 'hmac' ? { secret: a.secret } : { public_key: a.pem.public }), balances: a.opening })),
}, null, 2);

// The ready line as { tls, plain, ca }, or undefined for any other line.
export function readyLine(line) {
  try {
    const got = JSON.parse(line);
    return got.ready ? { tls: got.listen, plain: got.plain, ca: got.ca } : undefined;
  } catch {
    return undefined;
  }
}
