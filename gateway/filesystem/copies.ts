/**
 * Copies inside the gateway: COPY and CLONE. The target gets extents that say where the source's bytes are: in the same
 * segments, or in the source's object, borrowed until the store has copied them. Only where that cannot be (another export, a
 * version that is gone from its key, a file that is never sent) are bytes moved, through staging.
 */
import type { Database } from '../database/database.ts';
import type { ChangeLog } from '../staging/change-log.ts';
import { baseLimit, type Content, type ContentView } from '../staging/content.ts';
import type { Extent } from '../staging/extents.ts';
import type { LoanRecord, Loans } from '../staging/loans.ts';
import type { Places } from '../staging/places.ts';
import { withoutAttributes } from '../staging/posix-metadata.ts';
import { metadataOf } from '../staging/publish-state.ts';
import type { Fileid, InodeRecord } from '../staging/records.ts';
import type { Segments } from '../staging/segments.ts';
import type { StagedFiles } from '../staging/staged-files.ts';
import type { Tree } from '../staging/tree.ts';
import type { UploadQueue } from '../staging/upload-queue.ts';
import type { Caller } from './caller.ts';
import { FileSystemError } from './errors.ts';
import type { Failures } from './failures.ts';
import type { CopyRange, FileUse, OpenFile } from './file-system.ts';
import type { FileUses, ReadableFile } from './file-uses.ts';
import type { Inode } from './inodes.ts';
import { maxFile, maxTransfer } from './limits.ts';
import type { Namespace } from './namespace.ts';
import type { OpenFiles } from './open-files.ts';

/** Bytes that one request moves through staging at most; COPY is then answered in part, and CLONE refused. */
const maxMoved = 64 * 1024 * 1024;

/** Milliseconds after which a COPY that moves bytes is answered with what it has, and a CLONE asked to come again. */
const movingTime = 3000;

export interface CopiesParts {
  readonly database: Database;
  readonly tree: Tree;
  readonly changes: ChangeLog;
  readonly files: StagedFiles;
  readonly segments: Segments;
  readonly loans: Loans;
  readonly content: Content;
  readonly places: Places;
  readonly queue: UploadQueue;
  readonly namespace: Namespace;
  readonly openFiles: OpenFiles;
  readonly uses: FileUses;
  readonly failures: Failures;
}

/** What is copied, found right. */
interface Plan {
  readonly source: ReadableFile;
  readonly target: Inode;
  /** Through which they are read and written. */
  readonly reading: OpenFile | undefined;
  readonly writing: OpenFile | undefined;
  /** Bytes. */
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

export class Copies {
  readonly #parts: CopiesParts;

  constructor(parts: CopiesParts) {
    this.#parts = parts;
  }

  async copy(source: FileUse, target: FileUse, range: CopyRange, caller: Caller): Promise<number> {
    const plan = await this.#plan(source, target, range, caller);
    if (plan.source.fileid === plan.target.fileid) throw new FileSystemError('INVAL', 'source and target are one file');
    if (plan.length === 0) return 0;
    if (await this.#refer(plan)) return plan.length;
    return this.#move(plan, false);
  }

  async clone(source: FileUse, target: FileUse, range: CopyRange, caller: Caller): Promise<void> {
    const plan = await this.#plan(source, target, range, caller);
    const { from, to, length } = plan;
    const isSame = plan.source.fileid === plan.target.fileid;
    if (isSame && Math.max(from, to) < Math.min(from, to) + length)
      throw new FileSystemError('INVAL', 'the ranges overlap');
    if (plan.source.node.export !== plan.target.node.export) throw new FileSystemError('XDEV');
    if (length === 0 || (await this.#refer(plan))) return;
    if (length > maxMoved) throw new FileSystemError('XDEV', 'too much to clone by moving bytes');
    await this.#move(plan, true);
  }

  /** @throws FileSystemError as FileSystem.copy */
  async #plan(
    source: FileUse,
    target: FileUse,
    { sourceOffset, targetOffset, length }: CopyRange,
    caller: Caller,
  ): Promise<Plan> {
    const { openFiles, uses } = this.#parts;
    const writable = await uses.writable(target, caller);
    const readable = await uses.readable(source, caller);
    const { size } = readable.view;
    if (sourceOffset > size || sourceOffset + length > size)
      throw new FileSystemError('INVAL', 'the range goes beyond the end of the source');
    const count = length === 0 ? size - sourceOffset : length;
    if (targetOffset + count > maxFile) throw new FileSystemError('FBIG');
    openFiles.rebase(writable.fileid, target.open);
    return {
      ...{ source: readable, target: writable, reading: source.open, writing: target.open },
      ...{ from: sourceOffset, to: targetOffset, length: count },
    };
  }

  /** Lets the target refer to the source's bytes. @returns whether that could be */
  async #refer(plan: Plan): Promise<boolean> {
    const { database, failures, openFiles, queue } = this.#parts;
    const { source, target, writing, from, length } = plan;
    if (source.isPinned || source.node.export !== target.node.export) return false;
    // What the store is writing now over bytes that would be borrowed is waited for.
    for (let tries = 0; this.#borrows(source.fileid, from, length) && this.#isBusy(source.fileid); tries++) {
      if (tries > 0) throw new FileSystemError('DELAY', 'the source is being sent');
      await failures.within(queue.flushFile(source.fileid));
    }
    const view = this.#present(source.fileid);
    if (view === undefined || !this.#mayRefer(plan, view)) return false;
    database.transact(() => this.#place(plan, view));
    await openFiles.keep(target.node, writing);
    return true;
  }

  #present(fileid: Fileid): ContentView | undefined {
    return this.#parts.tree.get(fileid) === undefined ? undefined : this.#parts.content.view(fileid);
  }

  /** Whether part of the range is neither staged nor a hole. */
  #borrows(fileid: Fileid, from: number, length: number): boolean {
    const view = this.#present(fileid);
    if (view === undefined) return false;
    if (view.extents === undefined) return true;
    return [...view.extents.pieces(from, length)].some(({ extent, offset }) =>
      extent === undefined ? offset < baseLimit(view) : 'loan' in extent,
    );
  }

  /** Whether the store is being asked to write over what the file's bytes are in. */
  #isBusy(fileid: Fileid): boolean {
    const { changes, loans, tree } = this.#parts;
    const record = tree.get(fileid);
    if (record === undefined) return false;
    const lent = this.#lent(fileid, record);
    const extents = this.#parts.files.get(fileid)?.extents.list ?? [];
    const borrowed = extents.flatMap((extent) => ('loan' in extent ? [loans.require(extent.loan)] : []));
    return [...(lent === undefined ? [] : [lent]), ...borrowed].some(({ export: exportId, object }) =>
      changes.isBeingWritten(exportId, changes.logical(exportId, object.at)),
    );
  }

  #mayRefer({ source, target, from, length }: Plan, view: ContentView): boolean {
    const { tree } = this.#parts;
    if (from + length > view.size) return false;
    if (!this.#borrows(source.fileid, from, length)) return true;
    const lender = tree.get(source.fileid);
    const borrower = tree.get(target.fileid);
    // What is never sent would be in debt for ever; what has no name has no certain key.
    if (lender === undefined || borrower === undefined) return false;
    return (
      source.fileid !== target.fileid && lender.parent !== 0 && borrower.parent !== 0 && borrower.localOnly !== true
    );
  }

  /** Inside a transaction: the target's extents for the range. */
  #place({ source, target, from, to, length }: Plan, view: ContentView): void {
    const { files, loans, namespace, segments } = this.#parts;
    const file = files.require(target.fileid);
    const extents = [...this.#pieces(view, from, length)].map((piece): Extent => {
      const offset = piece.offset - from + to;
      if ('segment' in piece) segments.retain(piece, piece.length);
      if (!('lent' in piece)) return { ...piece, offset };
      const lent = piece.lent === 'own' ? this.#lent(source.fileid) : this.#lentAgain(piece.lent);
      if (lent === undefined) throw new Error(`inode ${source.fileid} has nothing to lend`);
      const loan = loans.take({ ...lent, borrower: target.fileid }, piece.length);
      return { offset, length: piece.length, loan, position: piece.position };
    });
    if (from === 0 && to === 0 && length === view.size) this.#inherit(source.fileid, target.fileid);
    for (const extent of extents) file.write(extent);
    namespace.borrow(target.fileid);
  }

  /** Where the bytes of the range are: `lent` ones in the file's own object, or in one that it has borrowed from. */
  *#pieces(
    view: ContentView,
    from: number,
    length: number,
  ): Generator<
    | Exclude<Extent, { readonly loan: number }>
    | {
        readonly offset: number;
        readonly length: number;
        readonly lent: 'own' | number;
        readonly position: number;
      }
  > {
    const limit = baseLimit(view);
    const end = from + length;
    const pieces = view.extents?.pieces(from, length) ?? [{ offset: from, length, extent: undefined }];
    for (const { offset, length: size, extent } of pieces) {
      if (extent !== undefined) {
        if ('loan' in extent) yield { offset, length: size, lent: extent.loan, position: extent.position };
        else yield extent;
        continue;
      }
      const stored = Math.max(0, Math.min(size, limit - offset));
      if (stored > 0) yield { offset, length: stored, lent: 'own', position: offset };
      if (stored < size) yield { offset: offset + stored, length: Math.min(size, end - offset) - stored, zeros: true };
    }
  }

  /** The file's own object as something to borrow from. */
  #lent(fileid: Fileid, record: InodeRecord | undefined = this.#parts.tree.get(fileid)): Lent | undefined {
    const { changes, places } = this.#parts;
    if (record?.object === undefined) return undefined;
    const key =
      record.object.at === undefined ? places.keyOf(fileid) : changes.logical(record.export, record.object.at);
    if (key === undefined) return undefined;
    return { export: record.export, object: { ...record.object, at: { key, asOf: changes.next } } };
  }

  /** A new file that is a copy of all of another begins with what is kept of that one beside its attributes. */
  #inherit(source: Fileid, target: Fileid): void {
    const { tree } = this.#parts;
    const from = tree.require(source);
    const to = tree.require(target);
    if (to.object !== undefined || to.metadata !== undefined) return;
    const metadata = from.object === undefined ? metadataOf(from) : from.metadata;
    if (metadata !== undefined) tree.update(target, { metadata: withoutAttributes(metadata) });
  }

  #lentAgain(loan: number): Lent {
    const { changes, loans } = this.#parts;
    const { borrower: _, ...record } = loans.require(loan);
    const at = { key: changes.logical(record.export, record.object.at), asOf: changes.next };
    return { ...record, object: { ...record.object, at } };
  }

  /**
   * Reads bytes and stages them for the target, all at one moment, as many as come before the deadline.
   * @param isWhole all of them or DELAY
   * @returns how many
   */
  async #move({ source, target, reading, writing, from, to, length }: Plan, isWhole: boolean): Promise<number> {
    const { content, failures, files, openFiles, segments, tree } = this.#parts;
    const deadline = performance.now() + movingTime;
    const staged: Extent[] = [];
    let moved = 0;
    try {
      while (moved < Math.min(length, maxMoved) && (moved === 0 || performance.now() < deadline)) {
        const size = Math.min(maxTransfer, length - moved);
        const offset = from + moved;
        const bytes = await openFiles.look(source.fileid, reading, async (view) =>
          Buffer.concat(await content.read(view, offset, size)),
        );
        if (bytes.length === 0) break;
        staged.push({ offset: to + moved, length: bytes.length, ...(await segments.append(bytes)) });
        moved += bytes.length;
      }
      if (tree.get(target.fileid) === undefined) throw new FileSystemError('STALE');
      if (isWhole && moved < length) throw new FileSystemError('DELAY');
    } catch (error) {
      for (const extent of staged) if ('segment' in extent) segments.release(extent, extent.length);
      throw failures.translate(error);
    }
    for (const extent of staged) files.require(target.fileid).write(extent);
    await openFiles.keep(target.node, writing);
    return moved;
  }
}

type Lent = Omit<LoanRecord, 'borrower'>;
