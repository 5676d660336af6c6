/** A key of the database: components compared one after the other, numbers before strings. */
export type Key = readonly (string | number)[];

/** The order LMDB keeps them in: numbers by value, strings by their UTF-8 bytes, a prefix before what it begins. */
export function compareKeys(a: Key, b: Key): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const order = compareComponents(a[i] as string | number, b[i] as string | number);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareComponents(a: string | number, b: string | number): number {
  if (a === b) return 0;
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1;
  if (typeof b === 'number') return 1;
  return compareUtf8(a, b);
}

/** Order of the UTF-8 bytes of two strings, which is S3's order of keys; JavaScript's own differs above U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export function startsWith(key: Key, prefix: Key): boolean {
  return key.length >= prefix.length && prefix.every((component, i) => component === key[i]);
}
