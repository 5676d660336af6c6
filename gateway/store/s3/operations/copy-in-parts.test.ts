import { describe, expect, it } from 'vitest';
import { copyRanges } from './copy-in-parts.ts';

const mebibyte = 1024 ** 2;
const limits = { minPart: 5 * mebibyte, maxPart: 5 * 1024 * mebibyte, maxParts: 10_000 };

describe('copyRanges', () => {
  it('covers every byte once', () => {
    const size = 6 * 1024 * mebibyte + 1;
    let end = 0;
    for (const { range } of copyRanges(size, limits)) {
      expect(range.offset).toBe(end);
      end += range.length;
    }
    expect(end).toBe(size);
  });

  it('needs no more parts than there may be, up to the largest object', () => {
    const ranges = copyRanges(50_000 * 1024 * mebibyte, limits);
    expect(ranges.length).toBeLessThanOrEqual(10_000);
    expect(Math.max(...ranges.map(({ range }) => range.length))).toBeLessThanOrEqual(limits.maxPart);
  });
});
