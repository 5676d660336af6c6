import { describe, expect, it } from 'vitest';
import { formatAddress, isLoopback, parseBind } from './parse-bind.ts';

describe('an address to bind', () => {
  it.each([
    ['127.0.0.1:2049', '127.0.0.1', 2049],
    ['0.0.0.0:0', '0.0.0.0', 0],
    ['[::1]:2049', '::1', 2049],
    ['[fe80::1%eth0]:65535', 'fe80::1%eth0', 65535],
  ])('%s is taken, and written the same way again', (text, address, port) => {
    expect(parseBind(text)).toEqual({ address, port });
    expect(formatAddress(address, port)).toBe(text);
  });

  it.each([
    ['', 'ADDRESS:PORT'],
    ['2049', 'ADDRESS:PORT'],
    ['127.0.0.1', 'ADDRESS:PORT'],
    ['127.0.0.1:', 'ADDRESS:PORT'],
    ['127.0.0.1:nfs', 'ADDRESS:PORT'],
    ['127.0.0.1:-1', 'ADDRESS:PORT'],
    ['::1:2049', 'ADDRESS:PORT'],
    ['127.0.0.1:65536', 'at most 65535'],
    ['localhost:2049', 'an IP address'],
    ['300.0.0.1:2049', 'an IP address'],
    ['[127.0.0.1]:2049', 'an IP address'],
    ['[::g]:2049', 'an IP address'],
  ])('%j is refused, because it needs %s', (text, reason) => {
    expect(() => parseBind(text)).toThrow(reason);
  });

  it.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['fe80::1%eth0', false],
  ])('%s is loopback: %s', (address, expected) => {
    expect(isLoopback(address)).toBe(expected);
  });
});
