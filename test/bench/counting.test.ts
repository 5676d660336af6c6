import { describe, expect, it } from 'vitest';
import type { ExchangeRecord } from '../s3/proxy.ts';
import { classifyRequest } from '../s3/request-kind.ts';
import { countRequests } from './counting.ts';

const began = 100;

function exchange(method: string, url: string, more: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    ...classifyRequest(method, url, false),
    status: 200,
    fault: undefined,
    bytesUp: 0,
    bytesDown: 0,
    range: undefined,
    ifMatch: undefined,
    ifNoneMatch: undefined,
    started: began,
    ended: began,
    ...more,
  };
}

const rootListing = exchange('GET', '/b?list-type=2&delimiter=%2F&prefix=');

describe('the requests of a workload', () => {
  it('are counted by kind, the most frequent first, with their bytes', () => {
    const put = exchange('PUT', '/b/k', { bytesUp: 10 });
    const get = exchange('GET', '/b/k', { bytesDown: 3 });
    const counted = countRequests([get, put, put], began);
    expect(counted).toEqual({
      total: 3,
      byKind: { PutObject: 2, GetObject: 1 },
      bytesUp: 20,
      bytesDown: 3,
      atMount: 0,
    });
    expect(Object.keys(counted.byKind)).toEqual(['PutObject', 'GetObject']);
  });

  it('begin when the workload begins', () => {
    const early = exchange('HEAD', '/b', { started: began - 1 });
    expect(countRequests([early, exchange('GET', '/b/k')], began)).toMatchObject({ total: 1, atMount: 1 });
  });

  it('do not include the first listing of the root, but the second', () => {
    expect(countRequests([rootListing], began).total).toBe(0);
    expect(countRequests([rootListing, rootListing], began).total).toBe(1);
    expect(countRequests([{ ...rootListing, started: 1 }, rootListing], began)).toMatchObject({ total: 1, atMount: 0 });
  });

  it('include listings of a directory and flat ones of the bucket', () => {
    const directory = exchange('GET', '/b?list-type=2&delimiter=%2F&prefix=work%2F');
    const flat = exchange('GET', '/b?list-type=2&prefix=');
    expect(countRequests([directory, flat], began).total).toBe(2);
  });

  it('include PUTs that fail for another reason and ones whose condition holds', () => {
    const failed = exchange('PUT', '/b/k', { status: 503, ifMatch: '"a"' });
    const held = exchange('PUT', '/b/k', { ifMatch: '"a"' });
    expect(countRequests([failed, held], began).total).toBe(2);
  });
});
