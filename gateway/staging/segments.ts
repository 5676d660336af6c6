/**
 * Staged bytes on the local disk: files of a fixed size that are written from front to back and never over, so that
 * whatever was committed stays as it was. A segment whose bytes nobody refers to any more is deleted.
 */
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, syncFolder } from '../database/durable-folder.ts';
import type { Location } from './extents.ts';

/** Bytes per segment; one write never spans two. */
const defaultSegmentSize = 64 * 1024 ** 2;

/** The staging disk is full or broken. */
export class StagingError extends Error {
  override readonly name = 'StagingError';
  readonly code: 'NOSPC' | 'IO';

  constructor(code: 'NOSPC' | 'IO', message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

interface Segment {
  readonly number: number;
  readonly file: FileHandle;
  /** Bytes handed out. */
  length: number;
  /** Bytes that somebody refers to. */
  live: number;
  /** Some bytes may not be on the disk yet. */
  dirty: boolean;
  /** A flush has failed: nothing in it that was not flushed before can be relied on. */
  broken: boolean;
  /** Writes that have been begun and not finished. */
  writing: number;
}

export class Segments {
  readonly #folder: string;
  readonly #size: number;
  readonly #segments = new Map<number, Segment>();
  #current: Segment | undefined;
  #next = 1;
  #opening: Promise<Segment> | undefined;
  #folderSynced = true;
  #syncing: Promise<void> | undefined;
  #onFailure: () => void = () => undefined;

  private constructor(folder: string, size: number) {
    this.#folder = folder;
    this.#size = size;
  }

  /** @param referred what the database says is in use; segments without are deleted */
  static async open(
    folder: string,
    referred: Iterable<Location & { readonly length: number }>,
    size = defaultSegmentSize,
  ): Promise<Segments> {
    await makeFolder(folder);
    const segments = new Segments(folder, size);
    const live = new Map<number, number>();
    for (const { segment, length } of referred) live.set(segment, (live.get(segment) ?? 0) + length);
    for (const name of await readdir(folder)) {
      const number = Number(/^(\d+)\.segment$/.exec(name)?.[1] ?? Number.NaN);
      if (Number.isNaN(number)) continue;
      segments.#next = Math.max(segments.#next, number + 1);
      const bytes = live.get(number);
      if (bytes === undefined) {
        await rm(path.join(folder, name));
        continue;
      }
      const file = await open(path.join(folder, name), 'r');
      const { size: length } = await file.stat();
      segments.#segments.set(number, { number, file, length, live: bytes, dirty: false, broken: false, writing: 0 });
      live.delete(number);
    }
    if (live.size > 0) {
      throw new StagingError(
        'IO',
        `Staged data are missing in ${folder}: ${[...live.keys()].map((n) => `${n}.segment`).join(', ')}. Restore the folder; nothing was deleted.`,
      );
    }
    return segments;
  }

  /** Bytes that are referred to. */
  get liveBytes(): number {
    let sum = 0;
    for (const segment of this.#segments.values()) sum += segment.live;
    return sum;
  }

  /** Writes the bytes and refers to them. They are on the disk after the next `sync`. @throws StagingError */
  async append(data: Buffer): Promise<Location> {
    let segment = this.#current;
    // Whoever comes first may fill the next one as well.
    while (segment === undefined || (segment.length > 0 && segment.length + data.length > this.#size)) {
      await this.#roll();
      segment = this.#current;
    }
    const position = segment.length;
    segment.length += data.length;
    segment.live += data.length;
    segment.writing++;
    try {
      let written = 0;
      while (written < data.length) {
        const { bytesWritten } = await segment.file.write(data, written, data.length - written, position + written);
        written += bytesWritten;
      }
      segment.dirty = true;
    } catch (cause) {
      segment.live -= data.length;
      throw stagingError(cause);
    } finally {
      segment.writing--;
    }
    return { segment: segment.number, position };
  }

  /** Writers that find the segment full at the same time share the next one. */
  #roll(): Promise<Segment> {
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #open(): Promise<Segment> {
    const number = this.#next++;
    const previous = this.#current;
    try {
      const file = await open(path.join(this.#folder, `${number}.segment`), 'wx+', 0o600);
      const segment: Segment = { number, file, length: 0, live: 0, dirty: false, broken: false, writing: 0 };
      this.#segments.set(number, segment);
      this.#folderSynced = false;
      this.#current = segment;
      if (previous !== undefined) this.#deleteIfDead(previous);
      return segment;
    } catch (cause) {
      throw stagingError(cause);
    }
  }

  /** @throws StagingError where the bytes cannot be read back */
  async read(location: Location, length: number): Promise<Buffer> {
    const segment = this.#segments.get(location.segment);
    if (segment === undefined) throw new StagingError('IO', `segment ${location.segment} is not there`);
    const buffer = Buffer.allocUnsafe(length);
    let at = 0;
    while (at < length) {
      const { bytesRead } = await segment.file
        .read(buffer, at, length - at, location.position + at)
        .catch((cause: unknown) => {
          // Nobody refers to the bytes any more and the file has been closed, or the disk is broken.
          throw new StagingError('IO', `segment ${location.segment} cannot be read`, { cause });
        });
      if (bytesRead === 0) throw new StagingError('IO', `segment ${location.segment} is too short`);
      at += bytesRead;
    }
    return buffer;
  }

  /** Makes everything appended before this call durable; calls at the same time share one flush. @throws StagingError */
  async sync(): Promise<void> {
    // A flush under way may have begun before the caller's last bytes: wait for it and flush again if needed.
    while (this.#syncing !== undefined) await this.#syncing;
    const dirty = [...this.#segments.values()].filter((segment) => segment.dirty);
    if (dirty.length === 0) return;
    this.#syncing = this.#flush(dirty).finally(() => (this.#syncing = undefined));
    await this.#syncing;
  }

  async #flush(dirty: readonly Segment[]): Promise<void> {
    const isNew = !this.#folderSynced;
    this.#folderSynced = true;
    for (const segment of dirty) segment.dirty = false;
    try {
      await Promise.all(dirty.map((segment) => segment.file.datasync()));
      if (!isNew) return;
      await syncFolder(this.#folder);
    } catch (cause) {
      // What the system could not write it may have thrown away: trying again would succeed and prove nothing.
      for (const segment of dirty) segment.broken = true;
      if (this.#current?.broken === true) this.#current = undefined;
      this.#onFailure();
      throw stagingError(cause);
    }
  }

  /** Whether bytes of this segment may be lost: a flush of it has failed. */
  isBroken(segment: number): boolean {
    return this.#segments.get(segment)?.broken === true;
  }

  /** Called when a flush has failed. */
  onFailure(listener: () => void): void {
    this.#onFailure = listener;
  }

  /** One more refers to these bytes, which somebody refers to already. */
  retain(location: Location, length: number): void {
    const segment = this.#segments.get(location.segment);
    if (segment === undefined) throw new StagingError('IO', `segment ${location.segment} is not there`);
    segment.live += length;
  }

  /** One who referred to these bytes does not any more. */
  release(location: Location, length: number): void {
    const segment = this.#segments.get(location.segment);
    if (segment === undefined) return;
    segment.live -= length;
    this.#deleteIfDead(segment);
  }

  #deleteIfDead(segment: Segment): void {
    if (segment.live > 0 || segment.writing > 0 || segment === this.#current) return;
    this.#segments.delete(segment.number);
    // A segment that could not be deleted is found without references at the next start and deleted then.
    void segment.file
      .close()
      .then(() => rm(path.join(this.#folder, `${segment.number}.segment`), { force: true }))
      .catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.sync();
    await Promise.all([...this.#segments.values()].map((segment) => segment.file.close()));
  }
}

function stagingError(cause: unknown): StagingError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StagingError(
      'NOSPC',
      'The disk that holds the staging area is full. Free some space; nothing that was saved is lost.',
      { cause },
    );
  }
  return new StagingError('IO', 'The staging area on the local disk cannot be written.', { cause });
}
