/** Which of the requests since a mount belong to the workload. */
import type { ExchangeRecord } from '../s3/proxy.ts';

export interface CountedRequests {
  readonly total: number;
  readonly byKind: Readonly<Record<string, number>>;
  /** Of the bodies of the counted requests, in bytes. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Requests before the workload began, the root listing left out. */
  readonly atMount: number;
}

/**
 * Every request that arrived after the workload began counts, whatever became of it, except the first listing of the
 * mount's root.
 *
 * @param records everything since the mount
 * @param began when the workload began, in milliseconds of `performance.now()`
 */
export function countRequests(records: readonly ExchangeRecord[], began: number): CountedRequests {
  const inOrder = records.toSorted((a, b) => a.started - b.started);
  const root = inOrder.findIndex(isRootListing);
  const rest = inOrder.filter((_, index) => index !== root);
  const counted = rest.filter(({ started }) => started >= began);
  const byKind = new Map<string, number>();
  for (const { kind } of counted) byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
  return {
    total: counted.length,
    byKind: Object.fromEntries([...byKind].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))),
    bytesUp: counted.reduce((sum, { bytesUp }) => sum + bytesUp, 0),
    bytesDown: counted.reduce((sum, { bytesDown }) => sum + bytesDown, 0),
    atMount: rest.length - counted.length,
  };
}

/** One level of the whole bucket; a flat listing of everything is no root listing. */
function isRootListing({ kind, query }: ExchangeRecord): boolean {
  const isListing = kind === 'ListObjectsV2' || kind === 'ListObjects';
  return isListing && (query.get('prefix') ?? '') === '' && query.get('delimiter') === '/';
}
