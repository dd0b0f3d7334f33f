// Checksum of a book as the local exchange tells it of its own: CRC-32 over "price:size,...|price:size,..." of the best
// hundred levels a side, as integers of 10^-8 (tools/jobber/book_crc.hpp).
import assert from 'node:assert/strict';

const kLevels = 100;
const kTable = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; ++bit) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c >>> 0;
});

function crc32(text) {
  let c = 0xffffffff;
  for (let i = 0; i < text.length; ++i) c = kTable[(c ^ text.charCodeAt(i)) & 0xff] ^ (c >>> 8);
  return ((c ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}

const side = (levels) => levels.slice(0, kLevels).map(([p, q]) => `${Math.round(Number(p) * 1e8)}:${Math.round(Number(q) * 1e8)}`).join();
export const bookCrc = (book) => crc32(`${side(book.bids)}|${side(book.asks)}`);

// Follows a client's book for `updates` updates: never crossed, never back, and at each update id at which the exchange
// keeps a checksum of its own the two books are the same.
export async function followBook(wire, name, updates, next) {
  const seen = new Map();
  let last = 0;
  for (let i = 0; i < updates; ++i) {
    const book = await next();
    assert.ok(book.bids.length > 0 && book.asks.length > 0, 'a side is empty');
    assert.ok(book.bids[0][0] < book.asks[0][0], `crossed: ${book.bids[0][0]} ${book.asks[0][0]}`);
    assert.ok(book.nonce >= last, `${book.nonce} after ${last}`);
    last = book.nonce;
    seen.set(book.nonce, bookCrc(book));
  }
  const state = await (await fetch(`${wire.http}/jobber/state?market=${name}&recent=1000`)).json();
  const own = new Map(state.markets[0].depth);
  let compared = 0;
  for (const [update, crc] of seen) {
    if (!own.has(update)) continue;
    assert.equal(crc, own.get(update), `the book at update ${update}`);
    compared += 1;
  }
  assert.ok(compared >= updates / 2, `only ${compared} of ${seen.size} books could be compared`);
}
