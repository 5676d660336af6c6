/** The changes of names: create, remove, rename, each done once and on the disk before it is answered. */
import type { Database } from '../database/database.ts';
import type { Places } from '../staging/places.ts';
import type { Fileid, InodeRecord } from '../staging/records.ts';
import type { StagedFiles } from '../staging/staged-files.ts';
import type { Tree } from '../staging/tree.ts';
import type { UploadQueue } from '../staging/upload-queue.ts';
import { initialFields } from './attribute-records.ts';
import type { AttributeChanges, DeviceNumber } from './attributes.ts';
import type { Directories } from './directories.ts';
import { FileSystemError } from './errors.ts';
import type { Failures } from './failures.ts';
import type { FileOperations } from './file-operations.ts';
import type { ChangeInfo, Created, CreateHow, Node, OperationContext } from './file-system.ts';
import type { Inodes } from './inodes.ts';
import { maxFile, maxSymlinkTarget } from './limits.ts';
import { checkName } from './names.ts';
import type { DelegationTables } from './locks/delegation-tables.ts';
import type { Namespace } from './namespace.ts';
import { nodeKey, type InodeNode } from './nodes.ts';
import type { OnceRecords, OnceResult } from './once-records.ts';
import { isKeptBySticky } from './permissions.ts';
import type { SilentWriters } from './silent-writers.ts';

export interface NameChangesParts {
  readonly database: Database;
  readonly delegations: DelegationTables;
  readonly tree: Tree;
  readonly places: Places;
  readonly inodes: Inodes;
  readonly directories: Directories;
  readonly files: StagedFiles;
  readonly fileOperations: FileOperations;
  readonly namespace: Namespace;
  readonly silentWriters: SilentWriters;
  readonly queue: UploadQueue;
  readonly once: OnceRecords;
  readonly failures: Failures;
}

export class NameChanges {
  readonly #parts: NameChangesParts;
  readonly #inodes: Inodes;

  constructor(parts: NameChangesParts) {
    this.#parts = parts;
    this.#inodes = parts.inodes;
  }

  async createFile(directory: Node, name: string, how: CreateHow, context: OperationContext): Promise<Created> {
    const { database, files, namespace, tree } = this.#parts;
    checkName(name);
    const retried = this.#retried(context);
    if (retried !== undefined) return this.#onDisk(retried);
    const parent = await this.#inodes.changeable(directory, context.caller);
    await this.#inodes.learn(parent.fileid, name);
    const meanwhile = this.#retried(context);
    if (meanwhile !== undefined) return this.#onDisk(meanwhile);
    const found = this.#inodes.find(parent.fileid, name);
    if (found !== undefined) {
      const verifier = how.mode === 'exclusive' ? how.verifier.toString('hex') : undefined;
      if (how.mode === 'guarded' || (how.mode === 'exclusive' && found.record.verifier !== verifier))
        throw new FileSystemError('EXIST');
      if (found.record.type === 'directory') throw new FileSystemError('ISDIR');
      if (found.record.type === 'symlink') throw new FileSystemError('SYMLINK');
      if (found.record.type !== 'file') throw new FileSystemError('WRONGTYPE');
      const node = this.#inodes.node(found.fileid, found.record);
      if (how.mode === 'unchecked' && how.attributes.size === 0)
        await this.#parts.fileOperations.setAttributes(node, { size: 0 }, context);
      const change = BigInt(tree.require(parent.fileid).change);
      return { node, created: how.mode === 'exclusive', directory: { before: change, after: change } };
    }
    const { size = 0 } = how.attributes;
    if (size > maxFile) throw new FileSystemError('FBIG');
    const result = this.#create(parent, name, context, {
      ...initialFields(parent.node.export, parent.record, parent.caller, how.attributes, 'file'),
      size: 0,
      ...(how.mode === 'exclusive' ? { verifier: how.verifier.toString('hex') } : {}),
    });
    // A file that begins with a size begins with a hole.
    if (size > 0) {
      files.require(result.node.fileid).truncate(size);
      database.transact(() => namespace.publish(result.node.fileid));
    }
    await this.#kept(files.get(result.node.fileid)?.commit());
    return result;
  }

  async makeDirectory(
    directory: Node,
    name: string,
    attributes: AttributeChanges,
    context: OperationContext,
  ): Promise<Created> {
    return this.#make(directory, name, attributes, context, 'directory', { size: 4096, remote: false });
  }

  async makeSymlink(
    directory: Node,
    name: string,
    target: string,
    attributes: AttributeChanges,
    context: OperationContext,
  ): Promise<Created> {
    const size = Buffer.byteLength(target);
    if (size === 0) throw new FileSystemError('INVAL', 'the link points nowhere');
    if (size > maxSymlinkTarget) throw new FileSystemError('NAMETOOLONG');
    return this.#make(directory, name, attributes, context, 'symlink', { size, target });
  }

  async makeSpecial(
    directory: Node,
    name: string,
    type: 'fifo' | 'socket' | 'block' | 'character',
    device: DeviceNumber,
    attributes: AttributeChanges,
    context: OperationContext,
  ): Promise<Created> {
    const isDevice = type === 'block' || type === 'character';
    if (isDevice && context.caller.uid !== 0) throw new FileSystemError('PERM');
    return this.#make(directory, name, attributes, context, type, { size: 0, ...(isDevice ? { device } : {}) });
  }

  async #make(
    directory: Node,
    name: string,
    attributes: AttributeChanges,
    context: OperationContext,
    type: InodeRecord['type'],
    fields: Pick<InodeRecord, 'size'> & Partial<InodeRecord>,
  ): Promise<Created> {
    checkName(name);
    const retried = this.#retried(context);
    if (retried !== undefined) return this.#onDisk(retried);
    const parent = await this.#inodes.changeable(directory, context.caller);
    await this.#inodes.learn(parent.fileid, name);
    const meanwhile = this.#retried(context);
    if (meanwhile !== undefined) return this.#onDisk(meanwhile);
    const found = this.#inodes.find(parent.fileid, name);
    if (found !== undefined) throw new FileSystemError('EXIST');
    const initial = initialFields(parent.node.export, parent.record, parent.caller, attributes, type);
    const result = this.#create(parent, name, context, { ...initial, ...fields });
    await this.#kept();
    return result;
  }

  /** Waits until the change is on the disk. @throws FileSystemError NOSPC, IO */
  async #kept(commit = this.#parts.database.durable()): Promise<void> {
    try {
      await commit;
    } catch (error) {
      throw this.#parts.failures.translate(error);
    }
  }

  /** @throws FileSystemError NOSPC */
  #requireRoom(): void {
    try {
      this.#parts.database.requireRoom();
    } catch (error) {
      throw this.#parts.failures.translate(error);
    }
  }

  #create(
    parent: { readonly fileid: Fileid; readonly node: InodeNode },
    name: string,
    { once: key }: OperationContext,
    record: Parameters<Namespace['create']>[2],
  ): Created {
    this.#requireRoom();
    const { database, namespace, once, places, tree } = this.#parts;
    this.#inodes.checkKey(parent.fileid, parent.node, name);
    return database.transact(() => {
      const before = this.#change(parent.fileid);
      const fileid = namespace.create(parent.fileid, name, record);
      const result: OnceResult = {
        operation: 'create',
        fileid,
        changes: [[before, this.#change(parent.fileid)] as const],
      };
      once.keep(key, result);
      if (places.keyOf(fileid) === undefined) throw new Error(`inode ${fileid} has no key`);
      return this.#created(this.#inodes.node(fileid, tree.require(fileid)), result);
    });
  }

  #created(node: Node, { changes }: OnceResult): Created {
    return { node, created: true, directory: changeInfo(changes[0]) };
  }

  /**
   * What this very request has done already. Looked for before anything is waited for, because a client that is told to
   * come back (DELAY) does so with another request; and again afterwards, because the request may come twice.
   */
  #retried({ once: key }: OperationContext): Created | undefined {
    const { once, tree } = this.#parts;
    const result = once.find(key, 'create');
    const record = result?.fileid === undefined ? undefined : tree.get(result.fileid);
    if (result?.fileid === undefined || record === undefined) return undefined;
    return this.#created(this.#inodes.node(result.fileid, record), result);
  }

  /** An answer that was found: who gave it first may still be waiting for the disk. */
  async #onDisk<T>(answer: T): Promise<T> {
    await this.#kept();
    return answer;
  }

  #change(fileid: Fileid): number {
    return this.#parts.tree.require(fileid).change;
  }

  async remove(
    directory: Node,
    name: string,
    kind: 'file' | 'directory' | undefined,
    context: OperationContext,
  ): Promise<ChangeInfo> {
    const { database, delegations, directories, failures, namespace, once, silentWriters, tree, queue } = this.#parts;
    checkName(name);
    const done = once.find(context.once, 'remove');
    if (done !== undefined) return this.#onDisk(changeInfo(done.changes[0]));
    const parent = await this.#inodes.changeable(directory, context.caller);
    await this.#inodes.learn(parent.fileid, name);
    const doneMeanwhile = once.find(context.once, 'remove');
    if (doneMeanwhile !== undefined) return this.#onDisk(changeInfo(doneMeanwhile.changes[0]));
    const found = this.#inodes.find(parent.fileid, name);
    if (found === undefined) throw new FileSystemError('NOENT');
    if (isKeptBySticky(parent.record, found.record, parent.caller)) throw new FileSystemError('ACCESS');
    const isDirectory = found.record.type === 'directory';
    if (kind === 'file' && isDirectory) throw new FileSystemError('ISDIR');
    if (kind === 'directory' && !isDirectory) throw new FileSystemError('NOTDIR');
    if (isDirectory) await failures.within(directories.ensureEmptinessKnown(found.fileid));
    const { client } = context.caller;
    await delegations.yielded(nodeKey(found.fileid), 'write', client);
    silentWriters.removed(found.fileid);
    const info = database.transact(() => {
      // This very request, sent twice, may have been carried out while this one waited.
      const meanwhile = once.find(context.once, 'remove');
      if (meanwhile !== undefined) return changeInfo(meanwhile.changes[0]);
      delegations.requireFree(nodeKey(found.fileid), 'write', client);
      this.#checkEmpty(found.fileid);
      if (tree.entry(parent.fileid, found.name)?.fileid !== found.fileid) throw new FileSystemError('NOENT');
      const before = this.#change(parent.fileid);
      namespace.remove(parent.fileid, found.name, found.fileid);
      const result: OnceResult = { operation: 'remove', changes: [[before, this.#change(parent.fileid)]] };
      once.keep(context.once, result);
      return changeInfo(result.changes[0]);
    });
    queue.release();
    await this.#kept();
    return info;
  }

  #checkEmpty(fileid: Fileid): void {
    const { directories, tree } = this.#parts;
    if (tree.get(fileid)?.type !== 'directory') return;
    if (tree.hasEntries(fileid) || directories.hasHidden(fileid)) throw new FileSystemError('NOTEMPTY');
  }

  async rename(
    fromDirectory: Node,
    fromName: string,
    toDirectory: Node,
    toName: string,
    context: OperationContext,
  ): Promise<{ readonly source: ChangeInfo; readonly target: ChangeInfo }> {
    const { database, delegations, directories, failures, namespace, once, queue, silentWriters, tree } = this.#parts;
    checkName(fromName);
    checkName(toName);
    const done = once.find(context.once, 'rename');
    if (done !== undefined) return this.#onDisk(renamed(done));
    const from = await this.#inodes.changeable(fromDirectory, context.caller);
    const to = await this.#inodes.changeable(toDirectory, context.caller);
    if (from.node.export !== to.node.export) throw new FileSystemError('XDEV');
    await Promise.all([this.#inodes.learn(from.fileid, fromName), this.#inodes.learn(to.fileid, toName)]);
    const doneMeanwhile = once.find(context.once, 'rename');
    if (doneMeanwhile !== undefined) return this.#onDisk(renamed(doneMeanwhile));
    const found = this.#inodes.find(from.fileid, fromName);
    const target = this.#inodes.find(to.fileid, toName);
    if (found === undefined) throw new FileSystemError('NOENT');
    if (isKeptBySticky(from.record, found.record, from.caller)) throw new FileSystemError('ACCESS');
    if (target !== undefined && isKeptBySticky(to.record, target.record, to.caller))
      throw new FileSystemError('ACCESS');
    const isDirectory = found.record.type === 'directory';
    if (isDirectory && tree.isWithin(to.fileid, found.fileid))
      throw new FileSystemError('INVAL', 'a directory cannot be moved into itself');
    this.#inodes.checkKey(to.fileid, to.node, toName);
    if (isDirectory) this.#checkKeysBelow(found.fileid, to.fileid, toName, to.node);
    if (target !== undefined && target.fileid !== found.fileid) {
      if (isDirectory !== (target.record.type === 'directory'))
        throw new FileSystemError(isDirectory ? 'NOTDIR' : 'ISDIR');
      if (isDirectory) await failures.within(directories.ensureEmptinessKnown(target.fileid));
    }
    const { client } = context.caller;
    const disturbed = [found, ...(target === undefined ? [] : [target])].map(({ fileid }) => nodeKey(fileid));
    for (const key of disturbed) await delegations.yielded(key, 'write', client);
    if (target !== undefined && target.fileid !== found.fileid) silentWriters.removed(target.fileid);
    const result = database.transact(() => {
      const meanwhile = once.find(context.once, 'rename');
      if (meanwhile !== undefined) return renamed(meanwhile);
      for (const key of disturbed) delegations.requireFree(key, 'write', client);
      if (tree.entry(from.fileid, found.name)?.fileid !== found.fileid) throw new FileSystemError('NOENT');
      const before = [this.#change(from.fileid), this.#change(to.fileid)] as const;
      const newName = target?.name ?? toName;
      // Only a directory's emptiness was waited for since the look; whoever changed the name meanwhile came first.
      if (tree.entry(to.fileid, newName)?.fileid !== target?.fileid) throw new FileSystemError('DELAY');
      if (target?.fileid !== found.fileid) {
        if (target !== undefined) this.#checkEmpty(target.fileid);
        namespace.rename(from.fileid, found.name, to.fileid, newName, found.fileid);
      }
      const changes = [[before[0], this.#change(from.fileid)] as const, [before[1], this.#change(to.fileid)] as const];
      const done: OnceResult = { operation: 'rename', changes };
      once.keep(context.once, done);
      return renamed(done);
    });
    queue.release();
    await this.#kept();
    return result;
  }

  /** Whether every key that is known below the directory still fits after the rename. @throws FileSystemError NAMETOOLONG */
  #checkKeysBelow(directory: Fileid, to: Fileid, toName: string, { export: of }: InodeNode): void {
    const { places, tree } = this.#parts;
    const oldLength = Buffer.byteLength(places.keyOf(directory) ?? '');
    const newLength = Buffer.byteLength(`${places.keyOf(to) ?? ''}${toName}/`);
    const room = of.place.store.limits.maxKey - newLength;
    if (newLength <= oldLength) return;
    const check = (at: Fileid, length: number): void => {
      for (const { name, fileid } of tree.byName(at)) {
        const below = length + Buffer.byteLength(name) + 1;
        if (below > room)
          throw new FileSystemError('NAMETOOLONG', `the key of ${name} would be longer than the store allows`);
        if (tree.get(fileid)?.type === 'directory') check(fileid, below);
      }
    };
    check(directory, 0);
  }
}

function changeInfo(change: readonly [number, number] | undefined): ChangeInfo {
  return { before: BigInt(change?.[0] ?? 0), after: BigInt(change?.[1] ?? 0) };
}

function renamed({ changes }: OnceResult): { readonly source: ChangeInfo; readonly target: ChangeInfo } {
  return { source: changeInfo(changes[0]), target: changeInfo(changes[1] ?? changes[0]) };
}
