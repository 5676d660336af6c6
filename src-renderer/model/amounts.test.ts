import { describe, expect, it } from 'vitest';
import type { Transfer } from '../../src-main/api/transfers.ts';
import { formatBytes, formatSeconds, remaining } from './amounts.ts';
import { visibleRows } from './visible-rows.ts';

const upload: Transfer = { id: 't', mount: 'm', path: 'a', kind: 'upload', state: 'running', size: 100, sent: 40 };

describe('Amounts', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [200 * 2 ** 20, '200 MiB'],
    [2 ** 60, '1024 PiB'],
  ])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0.2, '1 s'],
    [90, '2 min'],
    [7500, '2 h 5 min'],
  ])('%d seconds are %s', (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

  it('leaves out of what is still to send what has failed, and knows no time while nothing moves', () => {
    const transfers = [upload, { ...upload, state: 'failed' as const }, { ...upload, kind: 'delete' as const }];
    const now = { transfers, isPaused: false, rate: 20, requests: {} };
    expect(remaining(now)).toEqual({ bytes: 60, seconds: 3 });
    expect(remaining({ ...now, isPaused: true }).seconds).toBeUndefined();
    expect(remaining({ ...now, rate: 0 }).seconds).toBeUndefined();
  });
});

describe('A long list', () => {
  it('draws what is seen and a little more, whatever its length', () => {
    expect(visibleRows(0, 400, 40, 100_000)).toEqual({ first: 0, end: 16 });
    expect(visibleRows(4000, 400, 40, 100_000)).toEqual({ first: 94, end: 116 });
    expect(visibleRows(4000, 400, 40, 3)).toEqual({ first: 3, end: 3 });
  });
});
