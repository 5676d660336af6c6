import { describe, expect, it } from 'vitest';
import { verdictOf, type Measurement } from './measure.ts';
import { comparison, differencesOf, document, peerTable } from './report.ts';
import type { Workload } from './workloads/workload.ts';

const workload: Workload = {
  name: 'copy',
  title: 'a copy | inside',
  targetRequests: 3,
  maximumBytes: 1000,
  before: {},
  script: '',
  after: {},
};
const measurement: Measurement = {
  workload,
  total: 3,
  byKind: { ListObjectsV2: 2, CopyObject: 1 },
  bytesUp: 0,
  bytesDown: 900,
  atMount: 1,
  seconds: 0.52,
  secondsUntilUploaded: 1.5,
  differences: [],
};

describe('the verdict', () => {
  it('is ok where target and outcome are met', () => {
    expect(verdictOf(measurement)).toBe('ok');
  });

  it('is over with one request more than the target', () => {
    expect(verdictOf({ ...measurement, total: 4 })).toBe('over');
  });

  it('is over where data moved that must not', () => {
    expect(verdictOf({ ...measurement, bytesUp: 101 })).toBe('over');
  });

  it('is wrong where the bucket holds something else, however few the requests', () => {
    expect(verdictOf({ ...measurement, total: 0, differences: ['a is missing'] })).toBe('wrong');
  });
});

describe('the report', () => {
  it('has one row per workload, with columns of one width', () => {
    const lines = peerTable([measurement]).split('\n');
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    const cells = lines[2]?.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const expected = [
      'a copy \\| inside',
      '3',
      '3',
      'ok',
      '2 ListObjectsV2, 1 CopyObject',
      '1',
      '0 B',
      '900 B',
      '0.5',
      '1.5',
    ];
    expect(cells?.slice(1, -1)).toEqual(expected);
  });

  it('compares programs by workload, and says which figures mean nothing', () => {
    const wrong = { ...measurement, total: 7, differences: ['a is missing'] };
    const reports = [
      { name: 'one', version: '1', measurements: [measurement] },
      { name: 'two', version: '2', measurements: [wrong] },
      { name: 'three', version: '3', measurements: [] },
    ];
    expect(comparison(reports).split('\n')[2]).toMatch(/\| 3 +\| 3 +\| 7 \(wrong\) +\| – +\|$/);
  });

  it('tells the first three differences of a workload on one line', () => {
    const differences = ['a\nis missing', 'b', 'c', 'd'];
    expect(differencesOf([measurement, { ...measurement, differences }])).toEqual([
      'a copy | inside: a is missing; b; c; and 1 more.',
    ]);
  });

  it('names server, latency and date', () => {
    const reports = [{ name: 'one', version: '1', measurements: [measurement] }];
    const text = document(reports, { server: 'moto', latencyMilliseconds: 20, date: '2026-01-02' });
    expect(text).toContain('Measured on 2026-01-02 by `npm run bench`, S3 server moto, 20 ms added to every request.');
  });
});
