/**
 * Files with bytes that the store does not have. A staged file is a set of extents over its object; each upload takes a
 * frozen generation of it, which later writes do not touch because segments are never written over.
 */
import { DatabaseError, type Database, type Table } from '../database/database.ts';
import type { ExtentRecord, Fileid, InodeRecord, StoredObject } from './records.ts';
import { nextChange, type Tree } from './tree.ts';
import { Extents, isSameSource, type Extent, type Location, type Piece } from './extents.ts';
import type { Loans } from './loans.ts';
import { StagingError, type Segments } from './segments.ts';

/** One generation: what an upload sends. Must be ended, so that its bytes can be freed. */
export interface Frozen {
  readonly extents: Extents;
  readonly baseLength: number;
  readonly size: number;
  readonly object: StoredObject | undefined;
  readonly generation: number;
  /** The attributes that belong to these bytes. */
  readonly record: InodeRecord;
  end(): void;
}

/** What a commit has brought to the disk. */
interface Committed {
  readonly extents: Extents;
  readonly record: InodeRecord;
}

export class StagedFiles {
  readonly #database: Database;
  readonly #tree: Tree;
  readonly #segments: Segments;
  readonly #loans: Loans;
  readonly #extents: Table<ExtentRecord>;
  readonly #open = new Map<Fileid, StagedFile>();

  constructor(database: Database, tree: Tree, segments: Segments, loans: Loans) {
    this.#database = database;
    this.#tree = tree;
    this.#segments = segments;
    this.#loans = loans;
    this.#extents = database.table('extents');
  }

  /** Every extent in the database that lies in a segment, for the segments' start. */
  static *storedExtents(database: Database): Generator<Location & { readonly length: number }> {
    for (const [, extent] of database.table<ExtentRecord>('extents').range([])) if ('segment' in extent) yield extent;
  }

  /** undefined where everything of the inode is in the store. */
  get(fileid: Fileid): StagedFile | undefined {
    const file = this.#open.get(fileid);
    if (file !== undefined) return file;
    const staged = this.#tree.get(fileid)?.staged;
    if (staged === undefined) return undefined;
    const list: Extent[] = [];
    for (const [key, extent] of this.#extents.range([fileid])) list.push({ offset: key[1] as number, ...extent });
    return this.#keep(fileid, new Extents(list));
  }

  /** The inode's staged file, begun over its object where there is none. */
  require(fileid: Fileid): StagedFile {
    const file = this.get(fileid);
    if (file !== undefined) return file;
    const record = this.#tree.require(fileid);
    const baseLength = record.object === undefined ? 0 : record.size;
    this.#tree.updateUncommitted(fileid, { staged: { baseLength, generation: 1 } });
    return this.#keep(fileid, Extents.empty);
  }

  /**
   * Takes bytes into the inode's staged file; they are on the disk after its next `commit`. Of an inode that is gone by
   * then nothing is kept.
   * @returns `change` of the inode before and after
   * @throws StagingError
   */
  async write(
    fileid: Fileid,
    offset: number,
    data: Buffer,
  ): Promise<{ readonly before: bigint; readonly after: bigint }> {
    const change = (): bigint => BigInt(this.#tree.get(fileid)?.change ?? 0);
    if (data.length === 0) return { before: change(), after: change() };
    this.#database.requireRoom();
    const location = await this.#segments.append(data);
    // What was staged when this began may have been uploaded and dropped meanwhile.
    const before = change();
    if (this.#tree.get(fileid) === undefined) this.#segments.release(location, data.length);
    else this.require(fileid).write({ offset, length: data.length, ...location });
    return { before, after: change() };
  }

  #keep(fileid: Fileid, extents: Extents): StagedFile {
    const file = new StagedFile(fileid, extents, {
      database: this.#database,
      tree: this.#tree,
      segments: this.#segments,
      loans: this.#loans,
      table: this.#extents,
    });
    this.#open.set(fileid, file);
    return file;
  }

  /** Commits every file that has something to commit. @throws StagingError, DatabaseError */
  async commitAll(): Promise<void> {
    for (const file of this.#open.values()) await file.commit();
  }

  /** Inside a transaction: nothing of the inode is staged any more. */
  drop(fileid: Fileid): void {
    const file = this.get(fileid);
    if (file === undefined) return;
    file.discard();
    this.#open.delete(fileid);
  }
}

interface StagedFileParts {
  readonly database: Database;
  readonly tree: Tree;
  readonly segments: Segments;
  readonly loans: Loans;
  readonly table: Table<ExtentRecord>;
}

export class StagedFile {
  readonly fileid: Fileid;
  readonly #database: Database;
  readonly #tree: Tree;
  readonly #segments: Segments;
  readonly #loans: Loans;
  readonly #table: Table<ExtentRecord>;
  #extents: Extents;
  /** What the database has, by offset. */
  #stored: Map<number, Extent>;
  /** Part of the file whose extents may differ from the database's. */
  #dirty: { from: number; to: number } | undefined;
  /** No longer referred to here, but maybe still by the database or by a frozen generation. */
  #freed: Extent[] = [];
  #frozen = 0;
  #committing: Promise<Committed | undefined> | undefined;
  #discarded = false;

  constructor(fileid: Fileid, extents: Extents, parts: StagedFileParts) {
    this.fileid = fileid;
    this.#extents = extents;
    this.#stored = new Map(extents.list.map((extent) => [extent.offset, extent]));
    this.#database = parts.database;
    this.#tree = parts.tree;
    this.#segments = parts.segments;
    this.#loans = parts.loans;
    this.#table = parts.table;
  }

  get extents(): Extents {
    return this.#extents;
  }

  /**
   * Takes bytes in that lie in a segment already, are borrowed, or are zeros; the reference to them is the file's from
   * now on. Durable after the next `commit`.
   */
  write(extent: Extent): void {
    const record = this.#tree.require(this.fileid);
    this.#cover(extent);
    this.#change(record, Math.max(record.size, extent.offset + extent.length));
  }

  #cover(extent: Extent): void {
    const { extents, freed } = this.#extents.write(extent);
    this.#extents = extents;
    this.#freed.push(...freed);
    this.#touch(extent.offset, extent.offset + extent.length);
  }

  /** Cuts or extends the file with a hole. Durable after the next `commit`. */
  truncate(size: number): void {
    const record = this.#tree.require(this.fileid);
    const { extents, freed } = this.#extents.truncate(size);
    this.#extents = extents;
    this.#freed.push(...freed);
    this.#touch(size, Number.MAX_SAFE_INTEGER);
    this.#change(record, size);
  }

  #touch(from: number, to: number): void {
    this.#dirty = { from: Math.min(from, this.#dirty?.from ?? from), to: Math.max(to, this.#dirty?.to ?? to) };
  }

  #change(record: InodeRecord, size: number): void {
    const now = BigInt(Date.now()) * 1_000_000n;
    const staged = record.staged ?? { baseLength: 0, generation: 0 };
    this.#tree.updateUncommitted(this.fileid, {
      size,
      mtime: now,
      ctime: now,
      change: nextChange(record.change),
      staged: { ...staged, baseLength: Math.min(staged.baseLength, size), generation: staged.generation + 1 },
    });
  }

  /**
   * Everything written before this call is on the local disk when it resolves: first the bytes, then the
   * records that name them. @throws StagingError, DatabaseError
   */
  async commit(): Promise<void> {
    await this.#committed();
  }

  /** As `commit`. @returns what is on the disk then; undefined where the inode is gone */
  async #committed(): Promise<Committed | undefined> {
    // One after the other: what an earlier call is still bringing to the disk is not there yet for this one either.
    const earlier = this.#committing;
    const committing =
      earlier === undefined ? this.#commit() : earlier.catch(() => undefined).then(() => this.#commit());
    this.#committing = committing;
    try {
      return await committing;
    } finally {
      if (this.#committing === committing) this.#committing = undefined;
    }
  }

  async #commit(): Promise<Committed | undefined> {
    const extents = this.#extents;
    const dirty = this.#dirty;
    const record = this.#tree.get(this.fileid);
    const freed = this.#freed.splice(0);
    if (dirty !== undefined && record !== undefined && !this.#discarded) {
      this.#dirty = undefined;
      try {
        await this.#segments.sync();
        this.#checkWhole(extents, dirty);
      } catch (error) {
        this.#touch(dirty.from, dirty.to);
        this.#freed.push(...freed);
        throw error;
      }
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- discarded, maybe, while the bytes went to the disk
      if (!this.#discarded) {
        this.#database.transact(() => {
          this.#store(extents, dirty);
          this.#tree.commitContent(this.fileid, record);
        });
      }
    }
    try {
      if (dirty !== undefined || freed.length > 0) await this.#database.durable();
    } catch (error) {
      // Not there yet for whoever asks next either.
      if (dirty !== undefined) this.#touch(dirty.from, dirty.to);
      this.#freed.push(...freed);
      throw error;
    }
    this.#release(freed);
    return record === undefined ? undefined : { extents, record };
  }

  /** Bytes whose flush has failed are never taken for kept; they must be written again. @throws StagingError */
  #checkWhole(extents: Extents, dirty: { from: number; to: number }): void {
    for (const { extent } of extents.pieces(dirty.from, dirty.to - dirty.from)) {
      if (extent !== undefined && 'segment' in extent && this.#segments.isBroken(extent.segment)) {
        throw new StagingError('IO', 'Written bytes could not be brought to the local disk.');
      }
    }
  }

  #store(extents: Extents, dirty: { from: number; to: number }): void {
    const kept = new Map<number, Extent>();
    // An extent that begins before the dirty part may have been joined with what follows, or cut.
    const from = Math.max(0, dirty.from - 1);
    for (const extent of extents.list) {
      if (extent.offset + extent.length < from || extent.offset > dirty.to) continue;
      kept.set(extent.offset, extent);
      const stored = this.#stored.get(extent.offset);
      if (stored?.length !== extent.length || !isSameSource(stored, extent)) {
        const { offset, ...record } = extent;
        this.#table.put([this.fileid, offset], record);
        this.#stored.set(offset, extent);
      }
    }
    for (const [offset, stored] of this.#stored) {
      if (kept.has(offset) || stored.offset + stored.length < from || offset > dirty.to) continue;
      this.#table.delete([this.fileid, offset]);
      this.#stored.delete(offset);
    }
  }

  #release(freed: readonly Extent[]): void {
    if (this.#frozen > 0) this.#freed.push(...freed);
    else for (const extent of freed) this.#free(extent);
  }

  #free(extent: Extent): void {
    if ('segment' in extent) this.#segments.release(extent, extent.length);
    else if ('loan' in extent) this.#loans.release(extent.loan, extent.length);
  }

  /** The present generation, committed; undefined where the inode is gone. */
  async freeze(): Promise<Frozen | undefined> {
    this.#frozen++;
    let committed: Committed | undefined;
    try {
      committed = await this.#committed();
    } finally {
      if (committed === undefined) this.#frozen--;
    }
    const present = this.#tree.get(this.fileid);
    if (committed === undefined || present === undefined) {
      if (committed !== undefined) this.#frozen--;
      return undefined;
    }
    // What was written while the disk was busy belongs to the next generation.
    const { extents, record: content } = committed;
    const record = {
      ...present,
      size: content.size,
      ...(content.staged === undefined ? {} : { staged: content.staged }),
    };
    let ended = false;
    return {
      extents,
      baseLength: record.staged?.baseLength ?? 0,
      size: record.size,
      object: record.object,
      generation: record.staged?.generation ?? 0,
      record,
      end: () => {
        if (ended) return;
        ended = true;
        this.#frozen--;
      },
    };
  }

  /**
   * Takes bytes in that the file has already, from its object or from a loan, where nothing was written since: only their
   * place changes.
   */
  async absorb(offset: number, data: Buffer, loan?: number): Promise<void> {
    const { segment, position } = await this.#segments.append(data);
    const counts = this.#discarded ? 0 : (this.#tree.get(this.fileid)?.staged?.baseLength ?? 0);
    const isWanted = ({ extent }: Piece): boolean =>
      loan === undefined ? extent === undefined : extent !== undefined && 'loan' in extent && extent.loan === loan;
    for (const piece of [...this.#extents.pieces(offset, data.length)]) {
      const from = { segment, position: position + (piece.offset - offset) };
      const limit = loan === undefined ? counts - piece.offset : this.#discarded ? 0 : piece.length;
      const length = isWanted(piece) ? Math.max(0, Math.min(piece.length, limit)) : 0;
      if (length > 0) this.#cover({ offset: piece.offset, length, ...from });
      if (length < piece.length)
        this.#segments.release({ segment, position: from.position + length }, piece.length - length);
    }
  }

  /** Inside a transaction: forgets everything. Bytes of a frozen generation stay until it has ended. */
  discard(): void {
    this.#discarded = true;
    for (const offset of this.#stored.keys()) this.#table.delete([this.fileid, offset]);
    this.#stored.clear();
    const freed = [...this.#freed.splice(0), ...this.#extents.list];
    // Not before the database has forgotten them too, nor while an upload reads them.
    const release = (): void => {
      if (this.#frozen > 0) setTimeout(release, 1000).unref();
      else for (const extent of freed) this.#free(extent);
    };
    const forgotten = (): void => {
      const retry = (error: unknown): void => {
        if (error instanceof DatabaseError && error.code === 'NOSPC') setTimeout(forgotten, 1000).unref();
      };
      void this.#database.durable().then(release, retry);
    };
    setImmediate(forgotten);
  }
}
