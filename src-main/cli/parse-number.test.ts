import { describe, expect, it } from 'vitest';
import { parseId, parsePort, parseSeconds, parseWholeSeconds } from './parse-number.ts';

describe('an id', () => {
  it.each([
    ['0', 0],
    ['1000', 1000],
    ['4294967294', 4294967294],
  ])('%s is taken', (text, id) => {
    expect(parseId(text)).toBe(id);
  });

  it.each(['', '-1', '1.5', '1e3', '0x10', 'root', ' 1', '4294967295', '99999999999'])('%j is refused', (text) => {
    expect(() => parseId(text)).toThrow(/from 0 to 4294967294/);
  });
});

describe('seconds', () => {
  it.each([
    ['0', 0],
    ['10', 10],
    ['0.5', 0.5],
  ])('%s are taken', (text, seconds) => {
    expect(parseSeconds(text)).toBe(seconds);
  });

  it.each(['', '-1', '10s', '1e3', 'NaN', 'Infinity', '.5', '1.'])('%j are refused', (text) => {
    expect(() => parseSeconds(text)).toThrow(/needs a number of seconds/);
  });

  it('without decimals keep within their bounds', () => {
    expect(parseWholeSeconds('1', 1, 3600)).toBe(1);
    expect(parseWholeSeconds('3600', 1, 3600)).toBe(3600);
    for (const text of ['0', '3601', '1.5', '60s', '']) {
      expect(() => parseWholeSeconds(text, 1, 3600)).toThrow(/from 1 to 3600/);
    }
  });
});

describe('a port', () => {
  it.each([
    ['0', 0],
    ['65535', 65_535],
  ])('%s is taken', (text, port) => {
    expect(parsePort(text)).toBe(port);
  });

  it.each(['', '-1', '1.5', '0x10', '65536', 'http'])('%j is refused', (text) => {
    expect(() => parsePort(text)).toThrow(/from 0 to 65535/);
  });
});
