import { describe, expect, it } from 'vitest';
import { parseCidr } from './parse-cidr.ts';

describe('who may connect', () => {
  it.each([
    ['192.168.1.0/24', '192.168.1.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['192.168.1.20', '192.168.1.20/32'],
    ['fd00::/8', 'fd00::/8'],
    ['fd00::1', 'fd00::1/128'],
  ])('%s means %s', (text, expected) => {
    expect(parseCidr(text)).toBe(expected);
  });

  it.each([
    '',
    '/24',
    '192.168.1.0/',
    '192.168.1/24',
    'host',
    '192.168.1.0/24/8',
    '10.0.0.0/x',
    'fe80::1%eth0',
    ' ::1',
  ])('%j is no network', (text) => {
    expect(() => parseCidr(text)).toThrow(/needs an address or a network/);
  });

  it.each(['10.0.0.0/33', 'fd00::/129'])('%s has too many bits', (text) => {
    expect(() => parseCidr(text)).toThrow(/needs at most (32|128) bits/);
  });
});
