import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryStore, type MemoryStoreOptions } from '../store/testing/memory-store.ts';
import { silentLog } from '../log.ts';
import { BlockCache } from './block-cache.ts';
import { blockSize, type ObjectSource } from './blocks.ts';

const MiB = 1024 ** 2;

/** An object of random bytes, and how it is read. */
function objectOf(
  size: number,
  options: MemoryStoreOptions = {},
): { source: ObjectSource; bytes: Buffer; store: MemoryStore } {
  const store = new MemoryStore(options);
  const bytes = randomBytes(size);
  const version = store.bucket.write('object', bytes, { user: {} });
  return { source: { store, key: 'object', version }, bytes, store };
}

/** Without a disk. */
const inMemory = (memoryBytes: number): Promise<BlockCache> => BlockCache.open({ memoryBytes, log: silentLog });

const read = async (cache: BlockCache, source: ObjectSource, offset: number, length: number): Promise<Buffer> =>
  Buffer.concat(await cache.read(source, offset, length));

describe('The block cache', () => {
  it('gives the bytes that were asked for, across blocks and at the end', async () => {
    const { source, bytes } = objectOf(3 * blockSize + 100);
    const cache = await inMemory(16 * MiB);
    for (const [offset, length] of [
      [0, 10],
      [blockSize - 5, 10],
      [5, 3 * blockSize],
      [3 * blockSize, 100],
    ] as const)
      expect((await read(cache, source, offset, length)).equals(bytes.subarray(offset, offset + length))).toBe(true);
    expect(await cache.read(source, 7, 0)).toEqual([]);
  });

  it('asks for a small object once and for all of it', async () => {
    const { source, bytes, store } = objectOf(900_000);
    const cache = await inMemory(16 * MiB);
    for (let offset = 0; offset < bytes.length; offset += 100_000)
      expect((await read(cache, source, offset, 100_000)).equals(bytes.subarray(offset, offset + 100_000))).toBe(true);
    expect(store.count('get')).toBe(1);
  });

  it('asks nothing for what it was given when that was written, in memory and on the disk', async () => {
    const { source, bytes, store } = objectOf(blockSize + 100);
    const folder = await mkdtemp(path.join(tmpdir(), 'windlass-cache-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    for (const memoryBytes of [16 * MiB, 0]) {
      const cache = await BlockCache.open({ memoryBytes, disk: { folder, bytes: 16 * MiB }, log: silentLog });
      await cache.loaded;
      if (memoryBytes > 0) cache.keep(source, bytes);
      expect((await read(cache, source, 10, blockSize)).equals(bytes.subarray(10, blockSize + 10))).toBe(true);
      await cache.close();
    }
    expect(store.count()).toBe(0);
  });

  it('asks once for what many want at the same time', async () => {
    const { source, bytes, store } = objectOf(500_000, { fate: () => ({ before: 2, after: 2 }) });
    const cache = await inMemory(16 * MiB);
    const all = await Promise.all(Array.from({ length: 20 }, () => read(cache, source, 1000, 2000)));
    expect(all.every((one) => one.equals(bytes.subarray(1000, 3000)))).toBe(true);
    expect(store.count('get')).toBe(1);
  });

  it('reads 64 MiB in sequence with at most 9 requests', async () => {
    const { source, bytes, store } = objectOf(64 * MiB);
    const cache = await inMemory(128 * MiB);
    for (let offset = 0; offset < bytes.length; offset += MiB)
      expect((await read(cache, source, offset, MiB)).equals(bytes.subarray(offset, offset + MiB))).toBe(true);
    expect(store.count('get')).toBeLessThanOrEqual(9);
  });

  it('needs few more when the reads come in parallel and not in order', async () => {
    const { source, bytes, store } = objectOf(64 * MiB, { fate: () => ({ after: 1 }) });
    const cache = await inMemory(128 * MiB);
    for (let group = 0; group < 64; group += 4) {
      const offsets = [1, 0, 3, 2].map((index) => (group + index) * MiB);
      const parts = await Promise.all(offsets.map((offset) => read(cache, source, offset, MiB)));
      for (const [index, offset] of offsets.entries())
        expect(parts[index]?.equals(bytes.subarray(offset, offset + MiB))).toBe(true);
    }
    expect(store.count('get')).toBeLessThanOrEqual(12);
  });

  it('fetches one block for a random read', async () => {
    const asked: number[] = [];
    const { source, bytes, store } = objectOf(64 * MiB);
    const get = store.get.bind(store);
    store.get = (request) => {
      asked.push(request.range?.length ?? Infinity);
      return get(request);
    };
    const cache = await inMemory(128 * MiB);
    for (const at of [40 * MiB, 3 * MiB, 55 * MiB, 20 * MiB + 7])
      expect((await read(cache, source, at, 4096)).equals(bytes.subarray(at, at + 4096))).toBe(true);
    expect(asked).toEqual([blockSize, blockSize, blockSize, blockSize]);
  });

  it('keeps no more than it may, and what was used last', async () => {
    const { source, store } = objectOf(64 * MiB);
    const cache = await inMemory(4 * blockSize);
    const at = (index: number): number => index * 8 * MiB + 4 * MiB;
    for (const index of [0, 1, 2, 3, 0, 4]) await read(cache, source, at(index), 10);
    const before = store.count('get');
    await read(cache, source, at(0), 10);
    expect(store.count('get')).toBe(before);
    await read(cache, source, at(1), 10);
    expect(store.count('get')).toBe(before + 1);
  });

  it('never mixes two versions of an object', async () => {
    const { source, store } = objectOf(500_000);
    const cache = await inMemory(16 * MiB);
    store.bucket.write('object', randomBytes(500_000), { user: {} });
    await expect(cache.read(source, 0, 10)).rejects.toThrow(expect.objectContaining({ code: 'PreconditionFailed' }));
  });

  it('asks again after a request that failed half way', async () => {
    let fails: 'lost' | undefined = 'lost';
    const { source, bytes } = objectOf(900_000, { fate: () => (fails === undefined ? {} : { fails }) });
    const cache = await inMemory(16 * MiB);
    await expect(cache.read(source, 800_000, 10)).rejects.toThrow(expect.objectContaining({ code: 'Unavailable' }));
    fails = undefined;
    expect((await read(cache, source, 800_000, 10)).equals(bytes.subarray(800_000, 800_010))).toBe(true);
  });
});

describe('The block cache on the disk', () => {
  it('answers after a restart without asking for anything', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'windlass-cache-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const { source, bytes, store } = objectOf(5 * MiB);
    const options = { memoryBytes: 8 * MiB, disk: { folder, bytes: 64 * MiB }, log: silentLog };
    const before = await BlockCache.open(options);
    for (let offset = 0; offset < bytes.length; offset += MiB) await read(before, source, offset, MiB);
    await before.close();
    const asked = store.count('get');
    const after = await BlockCache.open(options);
    await after.loaded;
    expect((await read(after, source, MiB + 5, 3 * MiB)).equals(bytes.subarray(MiB + 5, 4 * MiB + 5))).toBe(true);
    expect(store.count('get')).toBe(asked);
    await after.close();
  });
});
