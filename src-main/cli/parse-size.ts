import { ParseError } from './parse-error.ts';

const units: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/**
 * A number of bytes, such as `512M` or `1.5G`: units are powers of 1,024, and may be written `MiB` too.
 *
 * @param least bytes
 * @throws ParseError
 */
export function parseSize(text: string, least = 0): number {
  const [, digits, unit = ''] = /^(\d{1,15}(?:\.\d{1,3})?)(?:([KMGT])(?:i?B)?)?$/.exec(text) ?? [];
  const bytes = Math.floor(Number(digits) * (units[unit] ?? NaN));
  if (!Number.isSafeInteger(bytes)) {
    throw new ParseError(`needs a size, such as 512M or 10G, and not ${JSON.stringify(text)}`);
  }
  if (bytes < least) throw new ParseError(`needs at least ${shortest(least)}, and not ${JSON.stringify(text)}`);
  return bytes;
}

/** In the largest unit of which it is a whole number. */
function shortest(bytes: number): string {
  const [unit, factor] = Object.entries(units).findLast(([, each]) => bytes % each === 0) ?? ['', 1];
  return `${bytes / factor}${unit}`;
}
