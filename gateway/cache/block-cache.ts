/**
 * Bytes of object versions, in blocks, in memory. A version never changes, so a block never goes stale; any block may be
 * forgotten at any time. Readers that need the same block share one GET, and a sequential reader finds the next ones
 * asked for already.
 */
import type { ObjectStore, Version } from '../store/object-store.ts';
import { ReadAhead } from './read-ahead.ts';

/** Bytes. A random read fetches one. */
export const blockSize = 256 * 1024;

/** One version of one object, where it is now. */
export interface ObjectSource {
  readonly store: ObjectStore;
  readonly key: string;
  readonly version: Version;
}

/** A window is drawn so far ahead of its reader, bytes: whoever reads a file's head alone does not pay for the rest. */
const drawAhead = 4 * 1024 * 1024;

/** Milliseconds after which a window whose reader does not come is given up. */
const drawWait = 3000;

/** Milliseconds between looks at where the reader is. */
const drawPause = 10;

/** The reader of a window went elsewhere before this block was drawn. */
class Undrawn extends Error {
  override readonly name = 'Undrawn';
}

export class BlockCache {
  readonly #maxBytes: number;
  /** In the order of their last use. */
  readonly #blocks = new Map<string, Buffer>();
  readonly #fetching = new Map<string, Promise<Buffer>>();
  readonly #readAhead = new ReadAhead();
  #bytes = 0;

  /** @param maxBytes memory for blocks at rest */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * `length` bytes from `offset`, which lie within the version.
   * @throws StoreError PreconditionFailed or NotFound where the version is gone, and what a GET may throw
   */
  async read(source: ObjectSource, offset: number, length: number): Promise<readonly Buffer[]> {
    if (length === 0) return [];
    const { size } = source.version;
    const id = `${source.store.identity} ${source.version.etag} ${source.key}`;
    const first = Math.floor(offset / blockSize);
    const last = Math.floor((offset + length - 1) / blockSize);
    const plan = this.#readAhead.plan(id, offset, length, size);
    const blocks: Promise<Buffer>[] = [];
    for (let index = first; index <= last; index++) blocks.push(this.#read(source, id, index, last, plan.until));
    if (plan.ahead > plan.until)
      this.#prefetch(source, id, Math.ceil(plan.until / blockSize), Math.ceil(plan.ahead / blockSize));
    const parts: Buffer[] = [];
    for (const [i, block] of (await Promise.all(blocks)).entries()) {
      const start = (first + i) * blockSize;
      parts.push(block.subarray(Math.max(0, offset - start), Math.min(block.length, offset + length - start)));
    }
    return parts;
  }

  /** One block, which is fetched with what follows where nobody has it. */
  async #read(source: ObjectSource, id: string, index: number, last: number, until: number): Promise<Buffer> {
    const known = this.#block(id, index);
    if (known === undefined) return this.#fetch(source, id, index, Math.max(last + 1, Math.ceil(until / blockSize)));
    try {
      return await known;
    } catch (error) {
      if (!(error instanceof Undrawn)) throw error;
      return this.#block(id, index) ?? this.#fetch(source, id, index, last + 1);
    }
  }

  #block(id: string, index: number): Promise<Buffer> | undefined {
    const key = `${index} ${id}`;
    const block = this.#blocks.get(key);
    if (block === undefined) return this.#fetching.get(key);
    this.#blocks.delete(key);
    this.#blocks.set(key, block);
    return Promise.resolve(block);
  }

  #prefetch(source: ObjectSource, id: string, from: number, to: number): void {
    for (let index = from; index < to; index++) {
      if (this.#block(id, index) !== undefined) continue;
      // A reader that comes to these bytes meets the error by its own request.
      this.#fetch(source, id, index, to).catch(() => undefined);
      return;
    }
  }

  /** One GET for the blocks from `index` up to `to` that nobody has or fetches. Resolves with the first. */
  #fetch(source: ObjectSource, id: string, index: number, to: number): Promise<Buffer> {
    let end = index + 1;
    while (end < to && this.#block(id, end) === undefined) end++;
    const offset = index * blockSize;
    const length = Math.min(source.version.size, end * blockSize) - offset;
    const waiting: { resolve: (block: Buffer) => void; reject: (error: unknown) => void }[] = [];
    let head: Promise<Buffer> | undefined;
    for (let at = index; at * blockSize < offset + length; at++) {
      const promise = new Promise<Buffer>((resolve, reject) => waiting.push({ resolve, reject }));
      promise.catch(() => undefined);
      this.#fetching.set(`${at} ${id}`, promise);
      head ??= promise;
    }
    let arrived = 0;
    const take = (block: Buffer): void => {
      const key = `${index + arrived} ${id}`;
      this.#fetching.delete(key);
      this.#keep(key, block);
      waiting[arrived++]?.resolve(block);
    };
    /** Waits until the reader is near; false: it does not come. */
    const draw = async (at: number): Promise<boolean> => {
      const deadline = performance.now() + drawWait;
      while (at > this.#readAhead.position(id) + drawAhead) {
        if (performance.now() > deadline) return false;
        await new Promise((resolve) => setTimeout(resolve, drawPause));
      }
      return true;
    };
    void stream(source, offset, length, take, draw).catch((error: unknown) => {
      for (; arrived < waiting.length; arrived++) {
        this.#fetching.delete(`${index + arrived} ${id}`);
        waiting[arrived]?.reject(error);
      }
    });
    return head as Promise<Buffer>;
  }

  #keep(key: string, block: Buffer): void {
    this.#blocks.set(key, block);
    this.#bytes += block.length;
    for (const [oldest, old] of this.#blocks) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#blocks.delete(oldest);
      this.#bytes -= old.length;
    }
  }
}

/** GETs the range and hands over whole blocks as they fill. */
async function stream(
  source: ObjectSource,
  offset: number,
  length: number,
  take: (block: Buffer) => void,
  draw: (at: number) => Promise<boolean>,
): Promise<void> {
  const { etag, versionId } = source.version;
  const { body } = await source.store.get({
    key: source.key,
    range: { offset, length },
    pin: versionId === undefined ? { etag } : { etag, versionId },
  });
  let left = length;
  let block = Buffer.allocUnsafe(Math.min(blockSize, left));
  let filled = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    let at = 0;
    while (at < chunk.length && left > 0) {
      const bytes = Math.min(chunk.length - at, block.length - filled);
      chunk.copy(block, filled, at, at + bytes);
      filled += bytes;
      at += bytes;
      if (filled < block.length) continue;
      left -= filled;
      take(block);
      if (left > 0 && !(await draw(offset + length - left))) throw new Undrawn();
      block = Buffer.allocUnsafe(Math.min(blockSize, left));
      filled = 0;
    }
  }
  if (left > 0) throw new Error(`${source.key}: ${left} of ${length} bytes did not arrive`);
}
