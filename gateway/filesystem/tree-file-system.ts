/** The FileSystem over exports on object stores: asks what must be known, checks who may, changes the tree, waits for the disk. */
import { randomBytes } from 'node:crypto';
import type { Database } from '../database/database.ts';
import type { Places } from '../staging/places.ts';
import type { Fileid, InodeRecord } from '../staging/records.ts';
import type { StagedFiles } from '../staging/staged-files.ts';
import { gatewayRoot, nextChange, type Tree } from '../staging/tree.ts';
import type { UploadQueue } from '../staging/upload-queue.ts';
import { attributesOf, changedFields, initialFields } from './attribute-records.ts';
import type { AttributeChanges, Attributes, DeviceNumber, FileSystemStatus } from './attributes.ts';
import type { Caller } from './caller.ts';
import type { Descriptions } from './descriptions.ts';
import type { Directories } from './directories.ts';
import { FileSystemError } from './errors.ts';
import type { Exports } from './exports.ts';
import type { Failures } from './failures.ts';
import { decodeFilehandle } from './filehandle.ts';
import type {
  ChangeInfo,
  Created,
  CreateHow,
  DirectoryEntry,
  DirectoryPage,
  FileSystem,
  Node,
  Once,
  OpenAccess,
  OpenFile,
  OperationContext,
  ReadResult,
  Stability,
  WriteResult,
} from './file-system.ts';
import { maxFile, maxSymlinkTarget } from './limits.ts';
import { checkName } from './names.ts';
import type { Namespace } from './namespace.ts';
import { InodeNode, RootNode } from './nodes.ts';
import type { OnceRecords, OnceResult } from './once-records.ts';
import type { OpenFiles } from './open-files.ts';
import { accessBits, isKeptBySticky, mayExecute, mayRead, mayWrite } from './permissions.ts';

export interface TreeFileSystemParts {
  readonly database: Database;
  readonly tree: Tree;
  readonly places: Places;
  readonly exports: Exports;
  readonly directories: Directories;
  readonly descriptions: Descriptions;
  readonly files: StagedFiles;
  readonly namespace: Namespace;
  readonly openFiles: OpenFiles;
  readonly queue: UploadQueue;
  readonly once: OnceRecords;
  readonly failures: Failures;
}

/** An entry, with the name it really has. */
interface Found {
  readonly fileid: Fileid;
  readonly record: InodeRecord;
  readonly name: string;
}

/** What statfs reports: Finder and Explorer refuse what does not fit, so there is always room. Bytes. */
const boundless = 2 ** 50;
const boundlessFiles = 2 ** 40;

/** Cookies in the root are the exports' ids above this. */
const rootCookie = 2;

export class TreeFileSystem implements FileSystem {
  readonly #parts: TreeFileSystemParts;
  readonly #root: RootNode;
  #verifier = randomBytes(8);

  constructor(parts: TreeFileSystemParts) {
    this.#parts = parts;
    this.#root = new RootNode(parts.exports.secret);
  }

  writeVerifier(): Buffer {
    return this.#verifier;
  }

  /** What was written and not committed may be lost: clients see it by the verifier and write it again. */
  loseUncommitted(): void {
    this.#verifier = randomBytes(8);
  }

  hasRecord(once: Once): boolean {
    return this.#parts.once.has(once);
  }

  root(): Node {
    return this.#root;
  }

  resolve(handle: Buffer, caller: Caller): Node {
    const { exports, tree } = this.#parts;
    const decoded = decodeFilehandle(handle, exports.secret);
    if (decoded === 'malformed') throw new FileSystemError('BADHANDLE');
    if (decoded === 'forged') throw new FileSystemError('STALE');
    if (decoded.export === 0) return this.#root;
    const of = exports.byId(decoded.export);
    const record = tree.get(decoded.fileid);
    if (of === undefined || of.grant.id !== decoded.grant || record?.export !== of.id)
      throw new FileSystemError('STALE');
    if (!of.admits(caller)) throw new FileSystemError('ACCESS', 'this export is not for that user');
    return this.#node(decoded.fileid, record);
  }

  #node(fileid: Fileid, record: InodeRecord): InodeNode {
    const of = this.#parts.exports.byId(record.export);
    if (of === undefined) throw new FileSystemError('STALE');
    return new InodeNode(of, fileid, record.type === 'directory', this.#parts.exports.secret);
  }

  /** The inode of a node that is in an export. */
  #inode(node: Node): { readonly node: InodeNode; readonly fileid: Fileid; readonly record: InodeRecord } {
    if (!(node instanceof InodeNode)) throw new FileSystemError('ROFS', 'the root above the exports cannot be changed');
    const record = this.#parts.tree.get(node.fileid);
    if (record === undefined) throw new FileSystemError('STALE');
    return { node, fileid: node.fileid, record };
  }

  /** The inode of a directory that is still there. */
  #directory(node: Node): { readonly node: InodeNode; readonly fileid: Fileid; readonly record: InodeRecord } {
    const found = this.#inode(node);
    if (found.record.type === 'symlink') throw new FileSystemError('SYMLINK');
    if (found.record.type !== 'directory') throw new FileSystemError('NOTDIR');
    if (found.record.parent === 0) throw new FileSystemError('STALE');
    return found;
  }

  /** A directory whose entries the caller may change. */
  async #changeable(
    node: Node,
    caller: Caller,
  ): Promise<{ node: InodeNode; fileid: Fileid; record: InodeRecord; caller: Caller }> {
    const before = this.#directory(node);
    if (before.node.readOnly) throw new FileSystemError('ROFS');
    await this.#describe(before.fileid);
    const found = this.#directory(node);
    const squashed = found.node.export.squash(caller);
    if (!mayWrite(found.record, squashed) || !mayExecute(found.record, squashed)) throw new FileSystemError('ACCESS');
    return { ...found, caller: squashed };
  }

  #describe(fileid: Fileid): Promise<void> {
    const record = this.#parts.tree.get(fileid);
    if (record === undefined || record.described) return Promise.resolve();
    return this.#parts.failures.within(this.#parts.descriptions.ensure(fileid));
  }

  async lookup(directory: Node, name: string, caller: Caller): Promise<Node> {
    const { directories, exports, failures, tree } = this.#parts;
    checkName(name);
    if (directory instanceof RootNode) {
      if (exports.byName(name) === undefined) await failures.within(exports.look());
      const of = exports.byName(name);
      if (of === undefined) throw new FileSystemError('NOENT');
      if (!of.admits(caller)) throw new FileSystemError('ACCESS', 'this export is not for that user');
      return this.#node(of.root, tree.require(of.root));
    }
    const { fileid, node } = this.#directory(directory);
    await this.#describe(fileid);
    if (!mayExecute(this.#directory(directory).record, node.export.squash(caller))) throw new FileSystemError('ACCESS');
    await failures.within(directories.ensureName(fileid, name));
    const found = this.#find(fileid, name);
    if (found === undefined) throw new FileSystemError('NOENT');
    return this.#node(found.fileid, found.record);
  }

  /** Exact first, then equal under Unicode normalization. */
  #find(directory: Fileid, name: string): Found | undefined {
    const { tree } = this.#parts;
    let entry = tree.entry(directory, name);
    let found = name;
    // Plain ASCII is the same in every normalization form.

    if (entry === undefined && !/^[\x00-\x7f]*$/.test(name)) {
      for (const other of [name.normalize('NFC'), name.normalize('NFD')]) {
        entry ??= tree.entry(directory, other);
        if (entry !== undefined && found === name) found = other;
      }
    }
    const record = entry === undefined ? undefined : tree.get(entry.fileid);
    return entry === undefined || record === undefined ? undefined : { fileid: entry.fileid, record, name: found };
  }

  lookupParent(directory: Node): Promise<Node> {
    if (directory instanceof RootNode) throw new FileSystemError('NOENT');
    const { record } = this.#directory(directory);
    if (record.parent === gatewayRoot) return Promise.resolve(this.#root);
    const parent = record.parent as Fileid;
    return Promise.resolve(this.#node(parent, this.#parts.tree.require(parent)));
  }

  async attributes(node: Node): Promise<Attributes> {
    const { directories, exports, failures } = this.#parts;
    if (node instanceof RootNode) return rootAttributes(exports);
    const before = this.#inode(node);
    // Clients tell by a directory's change whether to read it again, so it must move when others change the entries.
    if (before.record.type === 'directory') await failures.within(directories.refresh(before.fileid));
    else await this.#revalidate(before.record);
    await this.#describe(node.fileid);
    const { node: inode, record } = this.#inode(node);
    return attributesOf(inode.export, inode.fileid, record);
  }

  async access(node: Node, mask: number, caller: Caller): Promise<number> {
    if (node instanceof RootNode)
      return accessBits({ type: 'directory', mode: 0o555, uid: 0, gid: 0 }, caller, true) & mask;
    await this.#describe(node.fileid);
    const { node: inode, record } = this.#inode(node);
    return accessBits(record, inode.export.squash(caller), inode.readOnly) & mask;
  }

  async readLink(node: Node): Promise<string> {
    await this.#describe(node.fileid);
    const { record } = this.#inode(node);
    if (record.type !== 'symlink') throw new FileSystemError('INVAL', 'not a symlink');
    return record.target ?? '';
  }

  async readDirectory(directory: Node, cookie: number, limit: number, caller: Caller): Promise<DirectoryPage> {
    const { directories, exports, failures, tree } = this.#parts;
    if (directory instanceof RootNode) {
      if (cookie === 0) await failures.within(exports.look());
      const entries = exports
        .all()
        .filter((one) => one.id + rootCookie > cookie && one.admits(caller))
        .map((one) => ({
          name: one.name,
          cookie: one.id + rootCookie,
          node: this.#node(one.root, tree.require(one.root)),
        }));
      return { entries: entries.slice(0, limit), end: entries.length <= limit };
    }
    const { fileid, node } = this.#directory(directory);
    await this.#describe(fileid);
    if (!mayRead(this.#directory(directory).record, node.export.squash(caller))) throw new FileSystemError('ACCESS');
    // Going on with a listing that has begun: what has changed since shows up in the next one.
    if (cookie === 0) await failures.within(directories.ensureListed(fileid));
    const entries: DirectoryEntry[] = [];
    for (const { name, cookie: at, fileid: child } of tree.byCookie(fileid, cookie, limit + 1)) {
      const record = tree.get(child);
      if (record !== undefined) entries.push({ name, cookie: at, node: this.#node(child, record) });
    }
    return { entries: entries.slice(0, limit), end: entries.length <= limit };
  }

  async createFile(directory: Node, name: string, how: CreateHow, context: OperationContext): Promise<Created> {
    const { database, files, tree } = this.#parts;
    checkName(name);
    const parent = await this.#changeable(directory, context.caller);
    await this.#learn(parent.fileid, name);
    const found = this.#find(parent.fileid, name);
    const retried = this.#retried(context);
    if (retried !== undefined) {
      await database.durable();
      return retried;
    }
    if (found !== undefined) {
      const verifier = how.mode === 'exclusive' ? how.verifier.toString('hex') : undefined;
      if (how.mode === 'guarded' || (how.mode === 'exclusive' && found.record.verifier !== verifier))
        throw new FileSystemError('EXIST');
      if (found.record.type === 'directory') throw new FileSystemError('ISDIR');
      if (found.record.type === 'symlink') throw new FileSystemError('SYMLINK');
      if (found.record.type !== 'file') throw new FileSystemError('WRONGTYPE');
      const node = this.#node(found.fileid, found.record);
      if (how.mode === 'unchecked' && how.attributes.size === 0) await this.setAttributes(node, { size: 0 }, context);
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
    if (size > 0) files.require(result.node.fileid).truncate(size);
    await (files.get(result.node.fileid)?.commit() ?? database.durable());
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
    const parent = await this.#changeable(directory, context.caller);
    await this.#learn(parent.fileid, name);
    const found = this.#find(parent.fileid, name);
    const retried = this.#retried(context);
    if (retried !== undefined) {
      await this.#parts.database.durable();
      return retried;
    }
    if (found !== undefined) throw new FileSystemError('EXIST');
    const initial = initialFields(parent.node.export, parent.record, parent.caller, attributes, type);
    const result = this.#create(parent, name, context, { ...initial, ...fields });
    await this.#parts.database.durable();
    return result;
  }

  #create(
    parent: { readonly fileid: Fileid; readonly node: InodeNode },
    name: string,
    { once: key }: OperationContext,
    record: Parameters<Namespace['create']>[2],
  ): Created {
    const { database, namespace, once, places, tree } = this.#parts;
    this.#checkKey(parent.fileid, parent.node, name);
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
      return this.#created(this.#node(fileid, tree.require(fileid)), result);
    });
  }

  /** Whether the store can have such a key. @throws FileSystemError NAMETOOLONG */
  #checkKey(directory: Fileid, { export: of }: InodeNode, name: string): void {
    const key = (this.#parts.places.keyOf(directory) ?? '') + name;
    if (Buffer.byteLength(key) + 1 > of.place.store.limits.maxKey)
      throw new FileSystemError('NAMETOOLONG', `the key of ${name} would be longer than the store allows`);
  }

  #created(node: Node, { changes }: OnceResult): Created {
    return { node, created: true, directory: changeInfo(changes[0]) };
  }

  /** What this very request has done already. Who did it may still be waiting for the disk: so must whoever repeats it. */
  #retried({ once: key }: OperationContext): Created | undefined {
    const { once, tree } = this.#parts;
    const result = once.find(key, 'create');
    const record = result?.fileid === undefined ? undefined : tree.get(result.fileid);
    if (result?.fileid === undefined || record === undefined) return undefined;
    return this.#created(this.#node(result.fileid, record), result);
  }

  /** Asks the store for the name. What the tree says of it afterwards holds until the next await. */
  async #learn(directory: Fileid, name: string): Promise<void> {
    const { directories, failures, tree } = this.#parts;
    await failures.within(directories.ensureName(directory, name));
    const found = this.#find(directory, name);
    if (found !== undefined) await this.#describe(found.fileid);
    const parent = tree.get(directory)?.parent;
    if (parent === undefined || parent === 0) throw new FileSystemError('STALE');
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
    const { database, directories, failures, namespace, once, tree, queue } = this.#parts;
    checkName(name);
    const parent = await this.#changeable(directory, context.caller);
    await this.#learn(parent.fileid, name);
    const found = this.#find(parent.fileid, name);
    const done = once.find(context.once, 'remove');
    if (done !== undefined) {
      await database.durable();
      return changeInfo(done.changes[0]);
    }
    if (found === undefined) throw new FileSystemError('NOENT');
    if (isKeptBySticky(parent.record, found.record, parent.caller)) throw new FileSystemError('ACCESS');
    const isDirectory = found.record.type === 'directory';
    if (kind === 'file' && isDirectory) throw new FileSystemError('ISDIR');
    if (kind === 'directory' && !isDirectory) throw new FileSystemError('NOTDIR');
    if (isDirectory) await failures.within(directories.ensureListed(found.fileid));
    const info = database.transact(() => {
      // This very request, sent twice, may have been carried out while this one waited.
      const meanwhile = once.find(context.once, 'remove');
      if (meanwhile !== undefined) return changeInfo(meanwhile.changes[0]);
      this.#checkEmpty(found.fileid);
      if (tree.entry(parent.fileid, found.name)?.fileid !== found.fileid) throw new FileSystemError('NOENT');
      const before = this.#change(parent.fileid);
      namespace.remove(parent.fileid, found.name, found.fileid);
      const result: OnceResult = { operation: 'remove', changes: [[before, this.#change(parent.fileid)]] };
      once.keep(context.once, result);
      return changeInfo(result.changes[0]);
    });
    queue.release();
    await database.durable();
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
    const { database, directories, failures, namespace, once, queue, tree } = this.#parts;
    checkName(fromName);
    checkName(toName);
    const from = await this.#changeable(fromDirectory, context.caller);
    const to = await this.#changeable(toDirectory, context.caller);
    if (from.node.export !== to.node.export) throw new FileSystemError('XDEV');
    await Promise.all([this.#learn(from.fileid, fromName), this.#learn(to.fileid, toName)]);
    const found = this.#find(from.fileid, fromName);
    const target = this.#find(to.fileid, toName);
    const done = once.find(context.once, 'rename');
    if (done !== undefined) {
      await database.durable();
      return renamed(done);
    }
    if (found === undefined) throw new FileSystemError('NOENT');
    if (isKeptBySticky(from.record, found.record, from.caller)) throw new FileSystemError('ACCESS');
    if (target !== undefined && isKeptBySticky(to.record, target.record, to.caller))
      throw new FileSystemError('ACCESS');
    const isDirectory = found.record.type === 'directory';
    if (isDirectory && tree.isWithin(to.fileid, found.fileid))
      throw new FileSystemError('INVAL', 'a directory cannot be moved into itself');
    this.#checkKey(to.fileid, to.node, toName);
    if (isDirectory) this.#checkKeysBelow(found.fileid, to.fileid, toName, to.node);
    if (target !== undefined && target.fileid !== found.fileid) {
      if (isDirectory !== (target.record.type === 'directory'))
        throw new FileSystemError(isDirectory ? 'NOTDIR' : 'ISDIR');
      if (isDirectory) await failures.within(directories.ensureListed(target.fileid));
    }
    const result = database.transact(() => {
      const meanwhile = once.find(context.once, 'rename');
      if (meanwhile !== undefined) return renamed(meanwhile);
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
    await database.durable();
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

  async setAttributes(
    node: Node,
    changes: AttributeChanges,
    { caller }: OperationContext,
    open?: OpenFile,
  ): Promise<void> {
    const { database, failures, files, namespace, openFiles, queue, tree } = this.#parts;
    const before = this.#inode(node);
    if (before.node.readOnly) throw new FileSystemError('ROFS');
    if (changes.size !== undefined && open === undefined) await this.#revalidate(before.record);
    await this.#describe(before.fileid);
    const { fileid, record, node: inode } = this.#inode(node);
    const fields = changedFields(record, changes, inode.export.squash(caller), open !== undefined);
    if (changes.size !== undefined) {
      if (record.type === 'directory') throw new FileSystemError('ISDIR');
      if (record.type !== 'file') throw new FileSystemError('INVAL');
      if (changes.size > maxFile) throw new FileSystemError('FBIG');
    }
    try {
      if (changes.size !== undefined) {
        files.require(fileid).truncate(changes.size);
        await files.require(fileid).commit();
      }
      database.transact(() => {
        const present = tree.get(fileid);
        if (present === undefined) throw new FileSystemError('STALE');
        if (fields !== undefined) tree.update(fileid, { ...fields, change: nextChange(present.change), restamp: true });
        namespace.publish(fileid);
      });
      queue.touchFile(fileid, openFiles.hasWriter(fileid));
      await database.durable();
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
    const { openFiles, tree } = this.#parts;
    const before = this.#inode(node);
    if (access.write && before.node.readOnly) throw new FileSystemError('ROFS');
    if (purpose === 'open') await this.#revalidate(before.record);
    await this.#describe(before.fileid);
    const { fileid, record, node: inode } = this.#inode(node);
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

  /** Finds out whether the name still has the version that is known, where that is older than the export allows. */
  async #revalidate({ parent, name }: InodeRecord): Promise<void> {
    if (parent !== 0 && parent !== gatewayRoot)
      await this.#parts.failures.within(this.#parts.directories.ensureName(parent, name));
  }

  async read(node: Node, offset: number, count: number, caller: Caller): Promise<ReadResult> {
    await this.#revalidate(this.#regular(node).record);
    await this.#describe(node.fileid);
    const { fileid, record, node: inode } = this.#regular(node);
    const squashed = inode.export.squash(caller);
    if (squashed.uid !== record.uid && !mayRead(record, squashed) && !mayExecute(record, squashed))
      throw new FileSystemError('ACCESS');
    return this.#parts.openFiles.read(fileid, offset, count);
  }

  async write(node: Node, offset: number, data: Buffer, stability: Stability, caller: Caller): Promise<WriteResult> {
    await this.#revalidate(this.#regular(node).record);
    await this.#describe(node.fileid);
    const { record, node: inode } = this.#regular(node);
    if (inode.readOnly) throw new FileSystemError('ROFS');
    const squashed = inode.export.squash(caller);
    if (squashed.uid !== record.uid && !mayWrite(record, squashed)) throw new FileSystemError('ACCESS');
    return this.#parts.openFiles.write(inode, offset, data, stability);
  }

  async commit(node: Node): Promise<void> {
    await this.#parts.openFiles.commit(this.#regular(node).node);
  }

  #regular(node: Node): { readonly node: InodeNode; readonly fileid: Fileid; readonly record: InodeRecord } {
    if (node instanceof RootNode) throw new FileSystemError('ISDIR');
    const found = this.#inode(node);
    if (found.record.type === 'directory') throw new FileSystemError('ISDIR');
    if (found.record.type === 'symlink') throw new FileSystemError('SYMLINK');
    if (found.record.type !== 'file') throw new FileSystemError('INVAL');
    return found;
  }

  status(): Promise<FileSystemStatus> {
    return Promise.resolve({
      totalBytes: boundless,
      freeBytes: boundless,
      totalFiles: boundlessFiles,
      freeFiles: boundlessFiles,
    });
  }
}

function changeInfo(change: readonly [number, number] | undefined): ChangeInfo {
  return { before: BigInt(change?.[0] ?? 0), after: BigInt(change?.[1] ?? 0) };
}

function renamed({ changes }: OnceResult): { readonly source: ChangeInfo; readonly target: ChangeInfo } {
  return { source: changeInfo(changes[0]), target: changeInfo(changes[1] ?? changes[0]) };
}

function isArchived({ object }: InodeRecord): boolean {
  return ['GLACIER', 'DEEP_ARCHIVE'].includes(object?.version.storageClass ?? '');
}

function rootAttributes(exports: Exports): Attributes {
  const time = exports.changed * 1000n;
  return {
    fsid: { major: exports.gatewayId << 24n, minor: 0n },
    fileid: gatewayRoot,
    mountedOnFileid: gatewayRoot,
    type: 'directory',
    mode: 0o555,
    links: 2,
    uid: 0,
    gid: 0,
    size: 4096,
    used: 4096,
    device: { major: 0, minor: 0 },
    change: exports.changed,
    atime: time,
    mtime: time,
    ctime: time,
  };
}
