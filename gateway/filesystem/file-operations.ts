/** What is done to one file or its attributes: set, open, read, write, commit. */
import type { Database } from '../database/database.ts';
import type { InodeRecord } from '../staging/records.ts';
import type { StagedFiles } from '../staging/staged-files.ts';
import { nextChange, type Tree } from '../staging/tree.ts';
import type { UploadQueue } from '../staging/upload-queue.ts';
import { changedFields } from './attribute-records.ts';
import type { AttributeChanges } from './attributes.ts';
import type { Caller } from './caller.ts';
import { FileSystemError } from './errors.ts';
import type { Failures } from './failures.ts';
import type {
  ChangeInfo,
  Node,
  OpenAccess,
  OpenFile,
  OperationContext,
  ReadResult,
  Stability,
  WriteResult,
} from './file-system.ts';
import type { Inodes } from './inodes.ts';
import { maxFile } from './limits.ts';
import type { DelegationTables } from './locks/delegation-tables.ts';
import type { Namespace } from './namespace.ts';
import type { OpenFiles } from './open-files.ts';
import { mayExecute, mayRead, mayWrite } from './permissions.ts';
import type { SilentWriters } from './silent-writers.ts';

export interface FileOperationsParts {
  readonly database: Database;
  readonly delegations: DelegationTables;
  readonly tree: Tree;
  readonly inodes: Inodes;
  readonly files: StagedFiles;
  readonly namespace: Namespace;
  readonly openFiles: OpenFiles;
  readonly silentWriters: SilentWriters;
  readonly queue: UploadQueue;
  readonly failures: Failures;
}

export class FileOperations {
  readonly #parts: FileOperationsParts;
  readonly #inodes: Inodes;

  constructor(parts: FileOperationsParts) {
    this.#parts = parts;
    this.#inodes = parts.inodes;
  }

  async setAttributes(
    node: Node,
    changes: AttributeChanges,
    { caller, onlyIfChangedAt }: OperationContext,
    open?: OpenFile,
  ): Promise<ChangeInfo> {
    const { database, delegations, failures, files, namespace, openFiles, queue, tree } = this.#parts;
    const before = this.#inodes.inode(node);
    if (before.node.readOnly) throw new FileSystemError('ROFS');
    await delegations.yielded(node.key, 'write', caller.client);
    if (changes.size !== undefined && open === undefined) await this.#inodes.revalidate(before.record);
    // What others have done in a directory before its time is set must not be noticed after, and move that again.
    if (changes.mtime !== undefined && before.record.type === 'directory') await this.#inodes.refresh(before.fileid);
    await this.#inodes.describe(before.fileid);
    const { fileid, record, node: inode } = this.#inodes.inode(node);
    if (onlyIfChangedAt !== undefined && record.ctime !== onlyIfChangedAt) throw new FileSystemError('NOTSYNC');
    const fields = changedFields(record, changes, inode.export.squash(caller), open !== undefined);
    if (changes.size !== undefined) {
      if (record.type === 'directory') throw new FileSystemError('ISDIR');
      if (record.type !== 'file') throw new FileSystemError('INVAL');
      if (changes.size > maxFile) throw new FileSystemError('FBIG');
    }
    let cut: number | undefined;
    delegations.requireFree(node.key, 'write', caller.client);
    try {
      if (changes.size !== undefined) {
        openFiles.rebase(fileid, open);
        files.require(fileid).truncate(changes.size);
        openFiles.markOpen(fileid, open);
        cut = tree.require(fileid).change;
        await files.require(fileid).commit();
      }
      const info = database.transact(() => {
        const present = tree.get(fileid);
        if (present === undefined) throw new FileSystemError('STALE');
        if (fields !== undefined) tree.update(fileid, { ...fields, change: nextChange(present.change), restamp: true });
        namespace.publish(fileid);
        // What others have changed since the size was set is not hidden in between.
        const before = cut === undefined || cut === present.change ? record.change : present.change;
        return { before: BigInt(before), after: BigInt(tree.require(fileid).change) };
      });
      queue.touchFile(fileid, openFiles.hasWriter(fileid));
      await database.durable();
      return info;
    } catch (error) {
      throw failures.translate(error);
    }
  }

  async open(
    node: Node,
    access: OpenAccess,
    purpose: 'open' | 'created' | 'reclaim',
    caller: Caller,
  ): Promise<OpenFile> {
    const { delegations, openFiles, tree } = this.#parts;
    const before = this.#inodes.inode(node);
    if (access.write && before.node.readOnly) throw new FileSystemError('ROFS');
    if (purpose !== 'reclaim') await delegations.yielded(node.key, access.write ? 'write' : 'read', caller.client);
    if (purpose === 'open') await this.#inodes.revalidate(before.record);
    await this.#inodes.describe(before.fileid);
    const { fileid, record, node: inode } = this.#inodes.inode(node);
    if (record.type === 'directory') throw new FileSystemError('ISDIR');
    if (record.type === 'symlink') throw new FileSystemError('SYMLINK');
    if (record.type !== 'file') throw new FileSystemError('WRONGTYPE');
    const squashed = inode.export.squash(caller);
    if (purpose === 'open') {
      // Programs are read to be run: execute alone is enough for that (RFC 8881 §18.16.3).
      const readable = mayRead(record, squashed) || mayExecute(record, squashed);
      if ((access.read && !readable) || (access.write && !mayWrite(record, squashed)))
        throw new FileSystemError('ACCESS');
    }
    if (tree.get(fileid)?.object !== undefined && isArchived(record))
      throw new FileSystemError('ACCESS', `${record.name} is in an archive class`);
    return openFiles.open(inode, access);
  }

  async read(node: Node, offset: number, count: number, caller: Caller): Promise<ReadResult> {
    await this.#parts.delegations.yielded(node.key, 'read', caller.client);
    await this.#inodes.revalidate(this.#inodes.regular(node).record);
    await this.#inodes.describe(node.fileid);
    const { fileid, record, node: inode } = this.#inodes.regular(node);
    const squashed = inode.export.squash(caller);
    if (squashed.uid !== record.uid && !mayRead(record, squashed) && !mayExecute(record, squashed))
      throw new FileSystemError('ACCESS');
    return this.#parts.openFiles.read(fileid, offset, count);
  }

  async write(node: Node, offset: number, data: Buffer, stability: Stability, caller: Caller): Promise<WriteResult> {
    await this.#parts.delegations.yielded(node.key, 'write', caller.client);
    await this.#inodes.revalidate(this.#inodes.regular(node).record);
    await this.#inodes.describe(node.fileid);
    const { record, node: inode } = this.#inodes.regular(node);
    if (inode.readOnly) throw new FileSystemError('ROFS');
    const squashed = inode.export.squash(caller);
    if (squashed.uid !== record.uid && !mayWrite(record, squashed)) throw new FileSystemError('ACCESS');
    this.#parts.delegations.requireFree(node.key, 'write', caller.client);
    this.#parts.silentWriters.writes(inode);
    return this.#parts.openFiles.write(inode, offset, data, stability);
  }

  async commit(node: Node): Promise<void> {
    await this.#parts.openFiles.commit(this.#inodes.regular(node).node);
  }
}

function isArchived({ object }: InodeRecord): boolean {
  return ['GLACIER', 'DEEP_ARCHIVE'].includes(object?.version.storageClass ?? '');
}
