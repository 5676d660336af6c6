/**
 * Blocks on the local disk, over restarts: packs of blocks, the oldest of which goes when there is no more room; what was
 * read since it was written is written again then. Nothing is flushed, and nothing that is read back is believed without
 * its checksum, so a crash costs some blocks and nothing else. A disk that is full or broken keeps less, or nothing.
 */
import { mkdir, readdir, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Log } from '../log.ts';
import { blockSize } from './blocks.ts';
import { DiskIndex, tagOf } from './disk-index.ts';
import { fileName, numberOf, Pack } from './pack.ts';
import { recordLength, tableLength } from './record.ts';

export interface DiskBlocksOptions {
  readonly folder: string;
  /** For everything in the folder. undefined: 10 GiB, or a tenth of the disk where that is less. */
  readonly bytes: number | undefined;
  readonly log: Log;
  /** Most blocks that are kept; each takes some 40 bytes of memory. */
  readonly maxBlocks?: number;
  /** Milliseconds without writing after the disk has refused to. */
  readonly pause?: number;
}

/** So many packs at most share the room, each an open file, and so many at least. */
const mostPacks = 64;
const leastPacks = 4;

/** A pack of few blocks is not worth a file, bytes. */
const leastPackSize = 8 * blockSize;

/** What may be waiting to be written, bytes: beyond it blocks are not kept. */
const maxBacklog = 16 * 1024 * 1024;

/** Of a disk that others fill too, this part stays free. */
const freeShare = 0.05;

/** What a cache takes that nobody has set a size for, bytes, and of the disk at most. */
const defaultBytes = 10 * 1024 ** 3;
const defaultShare = 0.1;

const defaultMaxBlocks = 500_000;
const defaultPause = 60_000;

export class DiskBlocks {
  readonly #folder: string;
  readonly #packSize: number;
  readonly #bytes: number;
  readonly #maxBlocks: number;
  readonly #pause: number;
  readonly #log: Log;
  readonly #index = new DiskIndex();
  /** By number, the oldest first. */
  readonly #packs = new Map<number, Pack>();
  readonly #loading: Promise<void>;
  #next: number;
  #current: Pack | undefined;
  /** Full, with blocks that are not written yet. */
  readonly #full: Pack[] = [];
  #backlog = 0;
  #writing: Promise<void> | undefined;
  #pausedUntil = 0;
  #closed = false;
  /** Packs that are being deleted. */
  readonly #leaving = new Set<Promise<void>>();

  private constructor({ folder, log, maxBlocks, pause }: DiskBlocksOptions, bytes: number, found: readonly number[]) {
    this.#folder = folder;
    this.#bytes = bytes;
    const packs = Math.max(leastPacks, Math.min(mostPacks, Math.floor(bytes / leastPackSize)));
    this.#packSize = Math.floor(bytes / packs);
    this.#maxBlocks = maxBlocks ?? defaultMaxBlocks;
    this.#pause = pause ?? defaultPause;
    this.#log = log;
    this.#next = Math.max(0, ...found) + 1;
    this.#loading = this.#load(found);
  }

  /** Reads in the background what there is. @returns undefined where the folder cannot be used, which is logged */
  static async open(options: DiskBlocksOptions): Promise<DiskBlocks | undefined> {
    const { folder, log } = options;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const numbers = (await readdir(folder)).map(numberOf).filter((number) => number !== undefined);
      return new DiskBlocks(options, options.bytes ?? (await fairBytes(folder)), numbers);
    } catch (error) {
      log.warn({ folder, error }, 'The cache folder cannot be used: nothing is cached on the disk.');
      return undefined;
    }
  }

  /** Resolves when everything that was there at the start is known. */
  get loaded(): Promise<void> {
    return this.#loading;
  }

  /** Whether the block may be here. */
  has(digest: Buffer, index: number): boolean {
    return this.#index.has(tagOf(digest, index));
  }

  /** @param length of the block, bytes @returns undefined where it is not here, or not as it was written */
  async read(digest: Buffer, index: number, length: number): Promise<Buffer | undefined> {
    const tag = tagOf(digest, index);
    const location = this.#index.get(tag);
    const pack = location === undefined ? undefined : this.#packs.get(location.pack);
    if (location === undefined || pack === undefined) return undefined;
    this.#index.markUsed(tag);
    const found = await pack.read(location.position, length).catch(() => undefined);
    if (found?.index === index && found.block.length === length && found.digest.equals(digest)) return found.block;
    this.#index.delete(tag, location);
    return undefined;
  }

  /** Keeps the block where there is room and time for it. It must not be changed any more. */
  write(digest: Buffer, index: number, block: Buffer): void {
    if (this.#closed || this.#backlog + block.length > maxBacklog || performance.now() < this.#pausedUntil) return;
    const length = recordLength(block.length);
    if (length + tableLength(1) > this.#packSize) return;
    if (this.#index.size >= this.#maxBlocks && !this.#dropOldest()) return;
    const pack = this.#packFor(length);
    this.#index.set(tagOf(digest, index), { pack: pack.number, position: pack.add(digest, index, block) });
    this.#backlog += block.length;
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when nothing is waiting to be written. */
  async written(): Promise<void> {
    await this.#writing;
  }

  /** Writes what is waiting, so that the next start finds it at once. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#loading;
    await this.#writing;
    const current = this.#current;
    this.#current = undefined;
    await current?.finish().catch((error: unknown) => this.#failed(current, error));
    await Promise.all(this.#leaving);
    await Promise.all([...this.#packs.values()].map((pack) => pack.close().catch(() => undefined)));
    this.#packs.clear();
  }

  /** The newest first: where a block is in several, that one counts. */
  async #load(found: readonly number[]): Promise<void> {
    // Until they are known they take their place in the order.
    for (const number of found.toSorted((a, b) => b - a)) {
      try {
        const { pack, entries } = await Pack.load(this.#folder, number);
        this.#addLoaded(pack);
        for (const { tag, position } of entries) {
          if (this.#index.size < this.#maxBlocks) this.#index.set(tag, { pack: number, position }, false);
        }
      } catch (error) {
        this.#log.warn({ pack: number, error }, 'A part of the cache cannot be read and is deleted.');
        await rm(path.join(this.#folder, fileName(number)), { force: true }).catch(() => undefined);
      }
    }
    this.#keepWithin();
  }

  /** Packs are in the order of their numbers; those of earlier runs come before those of this one. */
  #addLoaded(pack: Pack): void {
    const others = [...this.#packs];
    this.#packs.clear();
    this.#packs.set(pack.number, pack);
    for (const [number, other] of others) this.#packs.set(number, other);
  }

  /** The current pack, or a new one, for which the oldest gives way. */
  #packFor(length: number): Pack {
    const current = this.#current;
    if (current !== undefined) {
      if (current.length + length + current.tableLength <= this.#packSize) return current;
      this.#full.push(current);
    }
    const pack = Pack.create(this.#folder, this.#next++);
    this.#current = pack;
    this.#packs.set(pack.number, pack);
    this.#keepWithin();
    return pack;
  }

  /** Leaves room for the current pack to fill, and for one that is just being deleted. */
  #keepWithin(): void {
    const limit = this.#bytes - 2 * this.#packSize;
    for (;;) {
      let bytes = 0;
      for (const pack of this.#packs.values()) if (pack !== this.#current) bytes += pack.length;
      if ((bytes <= limit && this.#packs.size < mostPacks) || !this.#dropOldest()) return;
    }
  }

  /** @returns whether there was one to drop */
  #dropOldest(): boolean {
    const oldest = this.#packs.values().next().value;
    if (oldest === undefined || oldest === this.#current || this.#full.includes(oldest)) return false;
    this.#packs.delete(oldest.number);
    const used = this.#index.deletePack(oldest.number);
    const leaving = this.#leave(oldest, used)
      .catch((error: unknown) => this.#log.warn({ error }, 'A part of the cache could not be deleted.'))
      .finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
    return true;
  }

  /** Writes again what was used, as long as that is less than half, so that there is an end to it; then deletes the pack. */
  async #leave(pack: Pack, used: readonly number[]): Promise<void> {
    let left = this.#packSize / 2;
    for (const position of used) {
      if (left <= 0 || this.#closed) break;
      const kept = await pack.readUnknown(position).catch(() => undefined);
      if (kept === undefined || this.has(kept.digest, kept.index)) continue;
      left -= kept.block.length;
      this.write(kept.digest, kept.index, kept.block);
    }
    await pack.delete();
  }

  async #writeAll(): Promise<void> {
    for (let pack = this.#full[0] ?? this.#current; pack !== undefined; pack = this.#full[0] ?? this.#current) {
      try {
        if (pack.isNew) await this.#requireRoom();
        const written = await pack.write();
        this.#backlog -= written;
        if (written > 0) continue;
        if (pack === this.#current) break;
        await pack.finish();
        this.#full.shift();
      } catch (error) {
        this.#failed(pack, error);
      }
    }
    // At once: what comes from now on has to begin anew.
    this.#writing = undefined;
  }

  /** @throws where the disk is nearly full */
  async #requireRoom(): Promise<void> {
    const { blocks, bavail, bsize } = await statfs(this.#folder);
    if (bavail * bsize - this.#packSize < blocks * bsize * freeShare) throw new Error('the disk is nearly full');
  }

  /** What the pack holds is given up, and, for a while, writing; the oldest makes room for others. */
  #failed(pack: Pack, error: unknown): void {
    if (performance.now() >= this.#pausedUntil) {
      this.#log.warn(
        { folder: this.#folder, error },
        'The disk takes no more of the cache: less is cached for a while.',
      );
    }
    this.#pausedUntil = performance.now() + this.#pause;
    this.#backlog -= pack.unwrittenBytes;
    if (this.#current === pack) this.#current = undefined;
    else this.#full.splice(this.#full.indexOf(pack), 1);
    this.#packs.delete(pack.number);
    this.#index.deletePack(pack.number);
    const leaving = pack
      .delete()
      .catch(() => undefined)
      .finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
    this.#dropOldest();
  }
}

async function fairBytes(folder: string): Promise<number> {
  const { blocks, bsize } = await statfs(folder);
  return Math.min(defaultBytes, Math.floor(blocks * bsize * defaultShare));
}
