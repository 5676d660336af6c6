import { StoreError } from './object-store.ts';

/**
 * Orders keys as S3 lists them: by their UTF-8 bytes. JavaScript's own order differs from it only where one side has a
 * surrogate pair and the other a character of U+E000..U+FFFF.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    let x = a.charCodeAt(index);
    let y = b.charCodeAt(index);
    if (x === y) continue;
    if (x >= 0xd800 && y >= 0xd800) {
      // Surrogates stand for characters above all others.
      if (x < 0xe000) x += 0x10000;
      if (y < 0xe000) y += 0x10000;
    }
    return x < y ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}

/**
 * @param maxKey UTF-8 bytes
 * @throws StoreError InvalidKey where no store could hold the key
 */
export function requireKey(key: string, maxKey: number): void {
  if (key === '') throw new StoreError('InvalidKey', 'An object needs a key; the empty one cannot be used.');
  if (key.length * 3 > maxKey && Buffer.byteLength(key) > maxKey) {
    throw new StoreError('InvalidKey', `The key ${quoteKey(key)} is longer than ${maxKey} bytes.`);
  }
  if (!key.isWellFormed()) {
    throw new StoreError('InvalidKey', `The key ${quoteKey(key)} is not valid Unicode and cannot be stored.`);
  }
}

/** A key as messages show it: quoted, control characters escaped, cut at 200 characters. */
export function quoteKey(key: string): string {
  return JSON.stringify(key.length > 200 ? `${key.slice(0, 200)}…` : key);
}
