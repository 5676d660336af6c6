/** What a file contains: staged extents over the bytes of its object. */
import type { BlockCache } from '../cache/block-cache.ts';
import type { ObjectSource } from '../cache/blocks.ts';
import type { Reader } from '../cache/read-ahead.ts';
import type { Fileid, InodeRecord, StoredObject } from './records.ts';
import type { Tree } from './tree.ts';
import { StoreError, type ObjectMetadata } from '../store/object-store.ts';
import { Extents, type Extent } from './extents.ts';
import type { Loans } from './loans.ts';
import type { OwnUploads } from './own-uploads.ts';
import type { Places } from './places.ts';
import type { Segments } from './segments.ts';
import type { StagedFiles } from './staged-files.ts';

const zeros = Buffer.alloc(1024 * 1024);

/** A file's content at a moment; stays readable as long as its parts do. */
export interface ContentView {
  readonly fileid: Fileid;
  readonly export: number;
  readonly extents: Extents | undefined;
  readonly baseLength: number;
  readonly size: number;
  readonly object: StoredObject | undefined;
}

/** A part of a file that has bytes, or has none: it reads as zeros, and nobody has written them. */
export interface Stretch {
  readonly offset: number;
  readonly length: number;
  readonly isHole: boolean;
}

/** The stretches of the view from `offset` on, in order and as long as they are, up to `length` bytes and its end. */
export function* stretchesOf(view: ContentView, offset: number, length: number): Generator<Stretch> {
  const end = Math.min(offset + length, view.size);
  const limit = baseLimit(view);
  let last: Stretch | undefined;
  for (const { offset: at, length: size, extent } of (view.extents ?? Extents.empty).pieces(offset, end - offset)) {
    // What lies under the extents ends somewhere, and a hole begins there.
    const cut = extent === undefined ? Math.min(Math.max(limit, at), at + size) : at + size;
    const isHole = extent !== undefined && 'zeros' in extent;
    for (const next of [
      { offset: at, length: cut - at, isHole },
      { offset: cut, length: at + size - cut, isHole: true },
    ]) {
      if (next.length === 0) continue;
      if (last?.isHole === next.isHole) last = { ...last, length: last.length + next.length };
      else {
        if (last !== undefined) yield last;
        last = next;
      }
    }
  }
  if (last !== undefined) yield last;
}

/** Bytes of the object that count where no extent lies over them. */
export function baseLimit({ baseLength, object }: ContentView): number {
  return object === undefined ? 0 : Math.min(baseLength, object.version.size);
}

export interface ContentParts {
  readonly tree: Tree;
  readonly files: StagedFiles;
  readonly segments: Segments;
  readonly loans: Loans;
  readonly cache: BlockCache;
  readonly places: Places;
  readonly own: OwnUploads;
}

export class Content {
  readonly #tree: Tree;
  readonly #files: StagedFiles;
  readonly #segments: Segments;
  readonly #loans: Loans;
  readonly #cache: BlockCache;
  readonly #places: Places;
  readonly #own: OwnUploads;

  constructor(parts: ContentParts) {
    this.#tree = parts.tree;
    this.#files = parts.files;
    this.#segments = parts.segments;
    this.#loans = parts.loans;
    this.#cache = parts.cache;
    this.#places = parts.places;
    this.#own = parts.own;
  }

  /** As it is now. */
  view(fileid: Fileid): ContentView {
    return this.viewOf(fileid, this.#tree.require(fileid));
  }

  viewOf(fileid: Fileid, record: InodeRecord): ContentView {
    return {
      fileid,
      export: record.export,
      extents: this.#files.get(fileid)?.extents,
      baseLength: record.staged?.baseLength ?? record.size,
      size: record.size,
      object: record.object,
    };
  }

  /**
   * Bytes of the view, short at its end.
   * @param reader of the open that reads; undefined: without one
   * @throws StoreError, StagingError
   */
  async read(view: ContentView, offset: number, count: number, reader?: Reader): Promise<readonly Buffer[]> {
    const length = Math.min(count, view.size - offset);
    if (length <= 0) return [];
    if (view.extents === undefined) return this.#base(view, offset, length, reader);
    const parts = [...view.extents.pieces(offset, length)].map(async (piece) =>
      piece.extent === undefined ? this.#base(view, piece.offset, piece.length, reader) : this.#extent(piece.extent),
    );
    return (await Promise.all(parts)).flat();
  }

  /** The metadata of an object, where reading it has told them. */
  metadataOf(source: ObjectSource): ObjectMetadata | undefined {
    return this.#cache.metadataOf(source);
  }

  /** The object has just been written: reading it back asks nothing. @param bytes all of it */
  keep(source: ObjectSource, bytes: Buffer): void {
    this.#cache.keep(source, bytes);
  }

  async #extent(extent: Extent): Promise<readonly Buffer[]> {
    if ('segment' in extent) return [await this.#segments.read(extent, extent.length)];
    if ('zeros' in extent) return zeroBuffers(extent.length);
    return this.#cache.read(this.#loans.locate(extent.loan), extent.position, extent.length);
  }

  /** What lies under the extents: the object as far as it counts, then zeros. */
  async #base(view: ContentView, offset: number, length: number, reader?: Reader): Promise<readonly Buffer[]> {
    const stored = Math.max(0, Math.min(length, baseLimit(view) - offset));
    const parts = stored > 0 ? await this.#object(view, offset, stored, reader) : [];
    return stored === length ? parts : [...parts, ...zeroBuffers(length - stored)];
  }

  async #object(view: ContentView, offset: number, length: number, reader?: Reader): Promise<readonly Buffer[]> {
    const source = this.#places.locate(view.fileid, view.export, view.object);
    try {
      return await this.#cache.read(source, offset, length, reader);
    } catch (error) {
      if (!isGone(error)) throw error;
      // An upload of ours that has arrived, though we do not know it yet: the next look finds what it wrote.
      await this.#own.adopt(view.fileid);
      // A rename may have moved the bytes while they were asked for: then they are elsewhere, not gone.
      const object = this.#tree.get(view.fileid)?.object;
      const moved = this.#places.locate(view.fileid, view.export, object ?? view.object);
      if (moved.key === source.key && moved.version.etag === source.version.etag) throw error;
      // Only a copy of our own is the same bytes; whatever else is there now is another version.
      const isCopy = object?.version.etag === view.object?.version.etag || object?.copyOf === source.version.etag;
      if (!isCopy) throw error;
      return this.#cache.read(moved, offset, length, reader);
    }
  }
}

function zeroBuffers(length: number): readonly Buffer[] {
  const count = Math.ceil(length / zeros.length);
  return Array.from({ length: count }, (_none, i) =>
    zeros.subarray(0, Math.min(zeros.length, length - i * zeros.length)),
  );
}

/** Whether the version that was asked for is no longer where it was. */
export function isGone(error: unknown): boolean {
  return error instanceof StoreError && (error.code === 'NotFound' || error.code === 'PreconditionFailed');
}
