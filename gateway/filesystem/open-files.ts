/** Who has which file open: what they read, and what must wait for their close. */
import { Reader } from '../cache/read-ahead.ts';
import type { Database } from '../database/database.ts';
import type { ChangeLog } from '../staging/change-log.ts';
import { isGone, type Content, type ContentView } from '../staging/content.ts';
import type { Notices } from '../staging/notices.ts';
import type { Fileid, InodeRecord } from '../staging/records.ts';
import { StagingError } from '../staging/segments.ts';
import type { StagedFiles } from '../staging/staged-files.ts';
import { nextChange, type Tree } from '../staging/tree.ts';
import type { UploadQueue } from '../staging/upload-queue.ts';
import { FileSystemError } from './errors.ts';
import type { Failures } from './failures.ts';
import type { OpenAccess, OpenFile, ReadResult, Stability, WriteResult } from './file-system.ts';
import { maxFile, maxTransfer } from './limits.ts';
import type { Namespace } from './namespace.ts';
import type { InodeNode } from './nodes.ts';

/** How often one read may find that what it saw has gone elsewhere meanwhile. */
const maxLooks = 4;

export interface OpenFilesParts {
  readonly database: Database;
  readonly tree: Tree;
  readonly files: StagedFiles;
  readonly content: Content;
  readonly changes: ChangeLog;
  readonly queue: UploadQueue;
  readonly namespace: Namespace;
  readonly notices: Notices;
  readonly failures: Failures;
  /** The next question about the directory is answered by the store. */
  readonly invalidate: (directory: Fileid) => void;
}

/** The version that an open stays on. */
interface Pinned {
  readonly record: InodeRecord;
  readonly view: ContentView;
}

export class OpenFiles {
  readonly #parts: OpenFilesParts;
  readonly #open = new Map<Fileid, Set<Handle>>();

  constructor(parts: OpenFilesParts) {
    this.#parts = parts;
  }

  isOpen(fileid: Fileid): boolean {
    return this.#open.has(fileid);
  }

  hasWriter(fileid: Fileid): boolean {
    return [...(this.#open.get(fileid) ?? [])].some((handle) => handle.access.write);
  }

  open(node: InodeNode, access: OpenAccess): OpenFile {
    const handle = new Handle(node, access, this);
    const handles = this.#open.get(node.fileid) ?? new Set();
    handles.add(handle);
    this.#open.set(node.fileid, handles);
    // A file that was created a moment ago is not sent empty while its content is on its way.
    if (access.write) this.#parts.queue.touchFile(node.fileid, true);
    return handle;
  }

  /** Somebody else has written the file: those who have it open go on reading the version before. */
  pin(fileid: Fileid, before: InodeRecord): void {
    const view = this.#parts.content.viewOf(fileid, before);
    for (const handle of this.#open.get(fileid) ?? []) handle.pinned ??= { record: before, view };
  }

  /** What the holder of this open reads; without one, what is there now. @throws FileSystemError STALE */
  viewOf(fileid: Fileid, open: OpenFile | undefined): { readonly view: ContentView; readonly isPinned: boolean } {
    const pinned = open instanceof Handle ? open.pinned : undefined;
    return { view: pinned?.view ?? this.#view(fileid), isPinned: pinned !== undefined };
  }

  /** Others have taken away what is open here, and it is not cached. Whoever opens the file again sees what is there now. */
  #tellGone(handle: Handle): void {
    const { invalidate, notices, tree } = this.#parts;
    const record = tree.get(handle.node.fileid);
    if (record === undefined) return;
    if (record.parent !== 0) invalidate(record.parent);
    if (handle.isReported) return;
    handle.isReported = true;
    notices.add({
      kind: 'unreadable',
      export: record.export,
      key: this.#parts.namespace.keyOf(handle.node.fileid) ?? record.name,
      message: `${record.name} is open in a program, and somebody else has replaced or deleted it: what has not been read yet cannot be read any more. Open it again to see what is there now.`,
    });
  }

  /**
   * Before content is changed: what is changed is the version that was opened, not one that others have put there since,
   * unless the file has been changed here already. Whoever has the file open sees the change.
   *
   * @param open through which it is changed
   */
  rebase(fileid: Fileid, open: OpenFile | undefined): void {
    const { changes, database, tree } = this.#parts;
    const pinned = open instanceof Handle ? open.pinned : undefined;
    const present = tree.get(fileid);
    if (present !== undefined && pinned !== undefined) {
      if (present.staged === undefined && !changes.isPublishPending(fileid)) {
        const { object, size, metadata, described, mtime, ctime, target } = pinned.record;
        const fields = { object, size, metadata, described, mtime, ctime, target, change: nextChange(present.change) };
        database.transact(() => tree.update(fileid, fields));
      }
    }
    for (const handle of this.#open.get(fileid) ?? []) handle.pinned = undefined;
  }

  /**
   * Content was changed through an open: after a crash its client is waited for. Nobody is who wrote without one, since
   * nothing would tell of its return.
   */
  markOpen(fileid: Fileid, open: OpenFile | undefined): void {
    const { tree } = this.#parts;
    const staged = tree.get(fileid)?.staged;
    if (open !== undefined && staged !== undefined && staged.open === undefined && this.hasWriter(fileid))
      tree.updateUncommitted(fileid, { staged: { ...staged, open: true } });
  }

  /** Its content was changed: that is sent, and on the disk when this resolves. @throws FileSystemError */
  async keep(node: InodeNode, open: OpenFile | undefined): Promise<void> {
    const { database, failures, namespace, queue } = this.#parts;
    this.markOpen(node.fileid, open);
    try {
      database.transact(() => namespace.publish(node.fileid));
      queue.touchFile(node.fileid, this.hasWriter(node.fileid));
      await this.commit(node);
    } catch (error) {
      throw failures.translate(error);
    }
  }

  /** @throws FileSystemError */
  read(fileid: Fileid, offset: number, count: number, open?: OpenFile): Promise<ReadResult> {
    const length = Math.min(count, maxTransfer);
    const reader = open instanceof Handle ? open.reader : undefined;
    return this.look(fileid, open, async (view) => {
      const data = await this.#parts.content.read(view, offset, length, reader);
      return { data, eof: offset + length >= view.size };
    });
  }

  /**
   * What `body` makes of what the holder of the open sees, or of what is there now. Staged bytes may be uploaded, or an
   * object replaced by an upload, between the look and the read: then it looks again. @throws FileSystemError
   */
  look<T>(fileid: Fileid, open: OpenFile | undefined, body: (view: ContentView) => Promise<T>): Promise<T> {
    const { view, isPinned } = this.viewOf(fileid, open);
    const looked = isPinned ? body(view) : this.#lookAgain(fileid, body);
    return this.#parts.failures.within(
      looked.catch((error: unknown) => {
        if (isGone(error) && open instanceof Handle) this.#tellGone(open);
        throw error;
      }),
    );
  }

  async #lookAgain<T>(fileid: Fileid, body: (view: ContentView) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await body(this.#view(fileid));
      } catch (error) {
        if (tries === maxLooks || !(error instanceof StagingError || isGone(error))) throw error;
      }
    }
  }

  #view(fileid: Fileid): ContentView {
    if (this.#parts.tree.get(fileid) === undefined) throw new FileSystemError('STALE');
    return this.#parts.content.view(fileid);
  }

  /** @throws FileSystemError STALE, FBIG, NOSPC, IO */
  async write(
    node: InodeNode,
    offset: number,
    data: Buffer,
    stability: Stability,
    open?: OpenFile,
  ): Promise<WriteResult> {
    const { fileid } = node;
    const { failures, files, namespace, queue, tree, database } = this.#parts;
    if (tree.get(fileid) === undefined) throw new FileSystemError('STALE');
    const bytes = data.subarray(0, maxTransfer);
    if (offset + bytes.length > maxFile) throw new FileSystemError('FBIG');
    this.rebase(fileid, open);
    try {
      const change = await files.write(fileid, offset, bytes);
      if (tree.get(fileid) === undefined) throw new FileSystemError('STALE');
      this.markOpen(fileid, open);
      database.transact(() => namespace.publish(fileid));
      queue.touchFile(fileid, this.hasWriter(fileid));
      if (stability === 'unstable') return { count: bytes.length, committed: 'unstable', change };
      await this.commit(node);
      return { count: bytes.length, committed: 'file-sync', change };
    } catch (error) {
      throw failures.translate(error);
    }
  }

  /** Everything written is on the local disk; in write-through mode, in the store. @throws FileSystemError */
  async commit(node: InodeNode): Promise<void> {
    await this.#stage(node.fileid);
    if (!node.export.configuration.writeThrough) return;
    const { failures, queue } = this.#parts;
    const error = await failures.within(queue.flushFile(node.fileid));
    if (error !== undefined) throw failures.translate(error);
  }

  async #stage(fileid: Fileid): Promise<void> {
    const { database, failures, files } = this.#parts;
    try {
      await (files.get(fileid)?.commit() ?? database.durable());
    } catch (error) {
      throw failures.translate(error);
    }
  }

  async close(handle: Handle): Promise<void> {
    const { database, namespace, queue, tree } = this.#parts;
    const { fileid } = handle.node;
    const handles = this.#open.get(fileid);
    if (handles?.delete(handle) !== true) return;
    if (handles.size === 0) this.#open.delete(fileid);
    const record = tree.get(fileid);
    if (record === undefined) return;
    if (record.parent === 0) {
      if (handles.size > 0) return;
      database.transact(() => namespace.forget(fileid));
      queue.release();
      return;
    }
    if (handle.access.write) await this.#settle(handle.node);
  }

  async setAccess(handle: Handle, access: OpenAccess): Promise<void> {
    const drops = handle.access.write && !access.write;
    handle.access = access;
    if (drops) await this.#settle(handle.node);
  }

  /** What was written is complete: after a crash nobody is waited for. */
  async #markClosed(fileid: Fileid): Promise<void> {
    const { database, failures, tree } = this.#parts;
    const staged = tree.get(fileid)?.staged;
    if (staged?.open === undefined || this.hasWriter(fileid)) return;
    const { open: _, ...rest } = staged;
    try {
      database.transact(() => tree.update(fileid, { staged: rest }));
      // A new file keeps its name whether anybody comes back for it or not, so that need not be on the disk at once.
      if (isRewrite(tree.require(fileid))) await database.durable();
    } catch (error) {
      throw failures.translate(error);
    }
  }

  /** Whoever fills new directories sets their times when he is done: until then their markers settle. */
  #holdMarkers(fileid: Fileid): void {
    const { changes, queue, tree } = this.#parts;
    const parentOf = (at: Fileid): Fileid | 0 => tree.get(at)?.parent ?? 0;
    for (let at = parentOf(fileid); at !== 0 && changes.waitingPublish(at) !== undefined; at = parentOf(at))
      queue.touchFile(at, false);
  }

  /** The last writer has gone: what it wrote is due. */
  async #settle(node: InodeNode): Promise<void> {
    const { fileid } = node;
    if (this.hasWriter(fileid)) return;
    await this.#stage(fileid);
    await this.#markClosed(fileid);
    this.#parts.queue.touchFile(fileid, false);
    this.#holdMarkers(fileid);
    if (!node.export.configuration.writeThrough) return;
    try {
      await this.#parts.failures.within(this.#parts.queue.flushFile(fileid));
    } catch (error) {
      // No client hears an error from CLOSE; the data are staged, and the queue says what it could not do.
      if (!(error instanceof FileSystemError)) throw error;
    }
  }
}

/** Whether there is a version in the store that the staged bytes are to replace. */
function isRewrite({ object, replaces }: InodeRecord): boolean {
  return object !== undefined || (replaces !== undefined && 'etag' in replaces);
}

class Handle implements OpenFile {
  readonly node: InodeNode;
  access: OpenAccess;
  /** What is read instead of the present content. */
  pinned: Pinned | undefined;
  readonly reader = new Reader();
  /** That its version is gone has been reported. */
  isReported = false;
  readonly #files: OpenFiles;

  constructor(node: InodeNode, access: OpenAccess, files: OpenFiles) {
    this.node = node;
    this.access = access;
    this.#files = files;
  }

  read(offset: number, count: number): Promise<ReadResult> {
    return this.#files.read(this.node.fileid, offset, count, this);
  }

  async write(offset: number, data: Buffer, stability: Stability): Promise<WriteResult> {
    if (this.node.readOnly) throw new FileSystemError('ROFS');
    return this.#files.write(this.node, offset, data, stability, this);
  }

  setAccess(access: OpenAccess): Promise<void> {
    return this.#files.setAccess(this, access);
  }

  close(): Promise<void> {
    return this.#files.close(this);
  }
}
