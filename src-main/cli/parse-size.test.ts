import { describe, expect, it } from 'vitest';
import { ParseError } from './parse-error.ts';
import { parseSize } from './parse-size.ts';

describe('a size', () => {
  it.each([
    ['0', 0],
    ['1000', 1000],
    ['64K', 65_536],
    ['512M', 512 * 1024 ** 2],
    ['1.5G', 1.5 * 1024 ** 3],
    ['2TiB', 2 * 1024 ** 4],
  ])('%s is understood', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', '-1', '10 G', '1e9', 'G', '10X', '99999999T', '0x10'])('%j is refused', (text) => {
    expect(() => parseSize(text)).toThrow(ParseError);
  });

  it('below the least is refused with the least', () => {
    expect(() => parseSize('1M', 8 * 1024 ** 2)).toThrow('needs at least 8M, and not "1M"');
    expect(() => parseSize('1023', 1024)).toThrow('needs at least 1K, and not "1023"');
  });
});
