/** What the cache deals in: versions of objects, cut into blocks. A version never changes, so a block never goes stale. */
import { createHash } from 'node:crypto';
import type { ObjectStore, Version } from '../store/object-store.ts';

/** Bytes. A random read fetches one. */
export const blockSize = 256 * 1024;

/** One version of one object, where it is now. */
export interface ObjectSource {
  readonly store: ObjectStore;
  readonly key: string;
  readonly version: Version;
}

/** Names the bytes: place, key, version. Two sources of one name hold the same bytes. */
export function nameOf({ store, key, version }: ObjectSource): string {
  return `${store.identity} ${version.etag} ${version.size} ${key}`;
}

/** Bytes of a digest. */
export const digestLength = 16;

/** The name in a fixed length, for the disk. */
export function digestOf(name: string): Buffer {
  return createHash('sha256').update(name).digest().subarray(0, digestLength);
}

/** Bytes of the block: a whole one, or what the object's end leaves. */
export function lengthOf(index: number, size: number): number {
  return Math.min(blockSize, size - index * blockSize);
}
