/**
 * Bytes of object versions, in blocks, in memory and on the disk. A version never changes, so a block never goes stale;
 * any block may be forgotten at any time. Readers that need the same block share one GET, and a sequential reader finds
 * the next ones asked for already.
 */
import type { Log } from '../log.ts';
import type { ObjectMetadata } from '../store/object-store.ts';
import { blockSize, lengthOf, type ObjectSource } from './blocks.ts';
import { DiskBlocks } from './disk-blocks.ts';
import { fetchBlocks } from './fetch.ts';
import { MemoryBlocks, type CachedObject } from './memory-blocks.ts';
import { ReadAhead, Reader, wholeObject } from './read-ahead.ts';

export interface BlockCacheOptions {
  /** For blocks at rest, bytes. */
  readonly memoryBytes: number;
  /** Where blocks are kept beyond that and over restarts. undefined: nowhere. */
  readonly disk?: {
    readonly folder: string;
    /** undefined: as much as is fair; 0: none */
    readonly bytes: number | undefined;
  };
  readonly log: Log;
}

/** Readers without an open, by the object that they read; the oldest are forgotten. */
const maxReaders = 1024;

export class BlockCache {
  readonly #memory: MemoryBlocks;
  readonly #disk: DiskBlocks | undefined;
  readonly #readAhead: ReadAhead;
  readonly #readers = new Map<CachedObject, Reader>();

  private constructor(memoryBytes: number, disk: DiskBlocks | undefined) {
    this.#memory = new MemoryBlocks(memoryBytes);
    this.#disk = disk;
    // What is ahead must not be pushed out before it is read, neither by what is ahead nor by what was just read.
    this.#readAhead = new ReadAhead(memoryBytes / 3);
  }

  /** A disk that cannot be used is logged and done without. */
  static async open({ memoryBytes, disk, log }: BlockCacheOptions): Promise<BlockCache> {
    const opened = disk === undefined || disk.bytes === 0 ? undefined : await DiskBlocks.open({ ...disk, log });
    return new BlockCache(memoryBytes, opened);
  }

  /** Resolves when what earlier runs have left is known; until then it is not used. */
  get loaded(): Promise<void> {
    return this.#disk?.loaded ?? Promise.resolve();
  }

  /** Keeps for the next start what is on its way to the disk. */
  async close(): Promise<void> {
    await this.#disk?.close();
  }

  /**
   * `length` bytes from `offset`, which lie within the version.
   * @param reader whose read it is; undefined: of one of those that have no open
   * @throws StoreError PreconditionFailed or NotFound where the version is gone, and what a GET may throw
   */
  async read(source: ObjectSource, offset: number, length: number, reader?: Reader): Promise<readonly Buffer[]> {
    if (length === 0) return [];
    const { size } = source.version;
    const object = this.#memory.object(source);
    if (size <= wholeObject) this.#fetchMissing(source, object, { from: 0, to: size });
    else {
      const windows = this.#readAhead.plan(reader ?? this.#readerOf(object), offset, length, size);
      for (const window of windows) this.#fetchMissing(source, object, window);
    }
    const end = offset + length;
    const blocks: (Buffer | Promise<Buffer>)[] = [];
    const first = Math.floor(offset / blockSize);
    for (let index = first; index * blockSize < end; index++)
      blocks.push(this.#memory.get(object, index) ?? this.#arrival(source, object, index, end));
    const parts: Buffer[] = [];
    for (const [i, pending] of blocks.entries()) {
      const block = Buffer.isBuffer(pending) ? pending : await pending;
      const start = (first + i) * blockSize;
      parts.push(block.subarray(Math.max(0, offset - start), Math.min(block.length, end - start)));
    }
    return parts;
  }

  /** The version's metadata, where a GET of late has told them. */
  metadataOf(source: ObjectSource): ObjectMetadata | undefined {
    return this.#memory.known(source)?.metadata;
  }

  /**
   * Takes in an object that has just been written: who reads it back asks nothing.
   * @param bytes all of it, which nobody changes any more
   */
  keep(source: ObjectSource, bytes: Buffer): void {
    const object = this.#memory.object(source);
    for (let index = 0; index * blockSize < bytes.length; index++) {
      if (this.#has(object, index)) continue;
      const block = bytes.subarray(index * blockSize, (index + 1) * blockSize);
      this.#memory.add(object, index, block);
      this.#disk?.write(object.digest, index, block);
    }
  }

  #readerOf(object: CachedObject): Reader {
    let reader = this.#readers.get(object);
    if (reader === undefined) {
      reader = new Reader();
      this.#readers.set(object, reader);
      for (const oldest of this.#readers.keys()) {
        if (this.#readers.size <= maxReaders) break;
        this.#readers.delete(oldest);
      }
    }
    return reader;
  }

  /** A block that is not in memory: on its way, on the disk, or to be fetched with what follows up to `end`, bytes. */
  #arrival(source: ObjectSource, object: CachedObject, index: number, end: number): Promise<Buffer> {
    const arriving = object.arriving.get(index);
    if (arriving !== undefined) return arriving;
    if (this.#disk?.has(object.digest, index) === true) {
      const loading = this.#load(this.#disk, source, object, index);
      // Whoever waits for it meets the error.
      loading.catch(() => undefined);
      object.arriving.set(index, loading);
      return loading;
    }
    this.#fetchMissing(source, object, { from: index * blockSize, to: end });
    return object.arriving.get(index) as Promise<Buffer>;
  }

  /** From the disk, or, where the disk has lost it, by a GET after all. */
  async #load(disk: DiskBlocks, source: ObjectSource, object: CachedObject, index: number): Promise<Buffer> {
    const { size } = source.version;
    const bytes = await disk.read(object.digest, index, lengthOf(index, size));
    object.arriving.delete(index);
    if (bytes !== undefined) {
      this.#memory.add(object, index, bytes);
      return bytes;
    }
    this.#fetch(source, object, index, index + 1);
    return object.arriving.get(index) as Promise<Buffer>;
  }

  /** Asks for the blocks of the window that nobody has or asks for; one GET for those that lie together. */
  #fetchMissing(source: ObjectSource, object: CachedObject, { from, to }: { from: number; to: number }): void {
    const end = Math.ceil(to / blockSize);
    for (let index = from / blockSize; index < end; index++) {
      if (this.#has(object, index)) continue;
      let after = index + 1;
      while (after < end && !this.#has(object, after)) after++;
      this.#fetch(source, object, index, after);
      index = after;
    }
  }

  #has(object: CachedObject, index: number): boolean {
    return object.blocks.has(index) || object.arriving.has(index) || this.#disk?.has(object.digest, index) === true;
  }

  /** One GET for the blocks from `first` to before `after`. */
  #fetch(source: ObjectSource, object: CachedObject, first: number, after: number): void {
    const offset = first * blockSize;
    const length = Math.min(source.version.size, after * blockSize) - offset;
    const waiting: PromiseWithResolvers<Buffer>[] = [];
    for (let index = first; index < after; index++) {
      const arrival = Promise.withResolvers<Buffer>();
      // A reader that comes to these bytes meets the error by its own request.
      arrival.promise.catch(() => undefined);
      object.arriving.set(index, arrival.promise);
      waiting.push(arrival);
    }
    let arrived = 0;
    const take = (block: Buffer): void => {
      const index = first + arrived;
      object.arriving.delete(index);
      this.#memory.add(object, index, block);
      this.#disk?.write(object.digest, index, block);
      waiting[arrived++]?.resolve(block);
    };
    const learn = (metadata: ObjectMetadata): void => void (object.metadata = metadata);
    fetchBlocks(source, offset, length, { learn, take }).catch((error: unknown) => {
      for (; arrived < waiting.length; arrived++) {
        object.arriving.delete(first + arrived);
        waiting[arrived]?.reject(error);
      }
    });
  }
}
