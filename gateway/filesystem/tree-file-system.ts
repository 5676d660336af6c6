/** The FileSystem over exports on object stores: finds and describes here; changes are NameChanges' and FileOperations'. */
import { randomBytes } from 'node:crypto';
import type { Fileid, InodeRecord } from '../staging/records.ts';
import { gatewayRoot, type Tree } from '../staging/tree.ts';
import { attributesOf } from './attribute-records.ts';
import type { AttributeChanges, Attributes, DeviceNumber, FileSystemStatus } from './attributes.ts';
import type { Caller } from './caller.ts';
import type { Copies } from './copies.ts';
import type { Directories } from './directories.ts';
import { FileSystemError } from './errors.ts';
import type { Export, Exports } from './exports.ts';
import type { ExtendedAttributes } from './extended-attributes.ts';
import type { Failures } from './failures.ts';
import type { FileOperations } from './file-operations.ts';
import { decodeFilehandle } from './filehandle.ts';
import type {
  ChangeInfo,
  CopyRange,
  Created,
  CreateHow,
  DirectoryEntry,
  DirectoryPage,
  FileStretch,
  FileSystem,
  FileUse,
  Node,
  Once,
  OpenAccess,
  OpenFile,
  OperationContext,
  ReadResult,
  Stability,
  WriteResult,
  XattrHow,
} from './file-system.ts';
import type { Holes } from './holes.ts';
import type { Inodes } from './inodes.ts';
import type { NameChanges } from './name-changes.ts';
import { checkName } from './names.ts';
import { InodeNode, RootNode } from './nodes.ts';
import type { OnceRecords } from './once-records.ts';
import { accessBits, mayExecute, mayRead, xattrAccessBits } from './permissions.ts';

export interface TreeFileSystemParts {
  readonly tree: Tree;
  readonly exports: Exports;
  readonly inodes: Inodes;
  readonly nameChanges: NameChanges;
  readonly fileOperations: FileOperations;
  readonly copies: Copies;
  readonly holes: Holes;
  readonly extendedAttributes: ExtendedAttributes;
  readonly directories: Directories;
  readonly once: OnceRecords;
  readonly failures: Failures;
}

/** What statfs reports: Finder and Explorer refuse what does not fit, so there is always room. Bytes. */
const boundless = 2 ** 50;
const boundlessFiles = 2 ** 40;

/** Cookies in the root are the exports' ids above this. */
const rootCookie = 2;

export class TreeFileSystem implements FileSystem {
  readonly #parts: TreeFileSystemParts;
  readonly #inodes: Inodes;
  readonly #nameChanges: NameChanges;
  readonly #fileOperations: FileOperations;
  readonly #root: RootNode;
  /** Attributes by the record that they were made of, which is replaced when anything changes. */
  readonly #ofRecord = new WeakMap<InodeRecord, { readonly of: Export; readonly attributes: Attributes }>();
  #verifier = randomBytes(8);

  constructor(parts: TreeFileSystemParts) {
    this.#parts = parts;
    this.#inodes = parts.inodes;
    this.#nameChanges = parts.nameChanges;
    this.#fileOperations = parts.fileOperations;
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
    const known = this.#inodes.knownNode(handle);
    const of = known && exports.byId(known.export.id);
    if (of !== undefined && of === known?.export && tree.get(known.fileid) !== undefined) {
      this.#requireAdmitted(of, caller);
      return known;
    }
    return this.#decode(handle, caller);
  }

  #requireAdmitted(of: Export, caller: Caller): void {
    if (!of.admits(caller)) throw new FileSystemError('ACCESS', 'this export is not for that user');
  }

  #decode(handle: Buffer, caller: Caller): Node {
    const { exports, tree } = this.#parts;
    const decoded = decodeFilehandle(handle, exports.secret);
    if (decoded === 'malformed') throw new FileSystemError('BADHANDLE');
    if (decoded === 'forged') throw new FileSystemError('STALE');
    if (decoded.export === 0) return this.#root;
    const of = exports.byId(decoded.export);
    const record = tree.get(decoded.fileid);
    if (of === undefined || of.grant.id !== decoded.grant || record?.export !== of.id)
      throw new FileSystemError('STALE');
    this.#requireAdmitted(of, caller);
    return this.#inodes.node(decoded.fileid, record);
  }

  lookup(directory: Node, name: string, caller: Caller): Promise<Node> | Node {
    checkName(name);
    if (directory instanceof RootNode) return this.#lookupExport(name, caller);
    const asked = this.#inodes.describe(this.#inodes.directory(directory).fileid);
    return asked === undefined
      ? this.#lookupName(directory, name, caller)
      : asked.then(() => this.#lookupName(directory, name, caller));
  }

  /** In a directory whose own attributes are known. */
  #lookupName(directory: Node, name: string, caller: Caller): Promise<Node> | Node {
    const { directories, failures } = this.#parts;
    const { fileid, node, record } = this.#inodes.directory(directory);
    if (!mayExecute(record, node.export.squash(caller))) throw new FileSystemError('ACCESS');
    const listed = failures.within(directories.ensureName(fileid, name));
    return listed === undefined ? this.#found(fileid, name) : listed.then(() => this.#found(fileid, name));
  }

  async #lookupExport(name: string, caller: Caller): Promise<Node> {
    const { exports, failures, tree } = this.#parts;
    if (exports.byName(name) === undefined) await failures.within(exports.look());
    const of = exports.byName(name);
    if (of === undefined) throw new FileSystemError('NOENT');
    this.#requireAdmitted(of, caller);
    return this.#inodes.node(of.root, tree.require(of.root));
  }

  #found(directory: Fileid, name: string): Node {
    const found = this.#inodes.find(directory, name);
    if (found === undefined) throw new FileSystemError('NOENT');
    return this.#inodes.node(found.fileid, found.record);
  }

  lookupParent(directory: Node): Promise<Node> {
    if (directory instanceof RootNode) throw new FileSystemError('NOENT');
    const { record } = this.#inodes.directory(directory);
    if (record.parent === gatewayRoot) return Promise.resolve(this.#root);
    const parent = record.parent as Fileid;
    return Promise.resolve(this.#inodes.node(parent, this.#parts.tree.require(parent)));
  }

  attributes(node: Node): Promise<Attributes> | Attributes {
    if (node instanceof RootNode) return rootAttributes(this.#parts.exports);
    const { fileid, record } = this.#inodes.inode(node);
    // Clients tell by a directory's change whether to read it again, so it must move when others change the entries.
    const refreshed = record.type === 'directory' ? this.#inodes.refresh(fileid) : this.#inodes.revalidate(record);
    const described =
      refreshed === undefined ? this.#inodes.describe(fileid) : refreshed.then(() => this.#inodes.describe(fileid));
    return described === undefined ? this.#attributes(node) : described.then(() => this.#attributes(node));
  }

  known(node: Node): Attributes | undefined {
    if (node instanceof RootNode) return rootAttributes(this.#parts.exports);
    const record = this.#parts.tree.get(node.fileid);
    if (record?.described !== true || !(node instanceof InodeNode)) return undefined;
    return this.#attributesOf(node, record);
  }

  knownFor(node: Node): number {
    if (node instanceof RootNode) return 0;
    const { parent, name } = this.#inodes.inode(node).record;
    return parent === 0 ? Infinity : this.#parts.directories.knownFor(parent, name);
  }

  #attributes(node: Node): Attributes {
    const { node: inode, record } = this.#inodes.inode(node);
    return this.#attributesOf(inode, record);
  }

  /** As they are known. The same record has the same ones, so that who encodes them can tell. */
  #attributesOf({ export: of, fileid }: InodeNode, record: InodeRecord): Attributes {
    const known = this.#ofRecord.get(record);
    if (known?.of === of) return known.attributes;
    const attributes = attributesOf(of, fileid, record);
    this.#ofRecord.set(record, { of, attributes });
    return attributes;
  }

  access(node: Node, mask: number, caller: Caller): Promise<number> | number {
    if (node instanceof RootNode)
      return accessBits({ type: 'directory', mode: 0o555, uid: 0, gid: 0 }, caller, true) & mask;
    const described = this.#inodes.describe(node.fileid);
    return described === undefined
      ? this.#access(node, mask, caller)
      : described.then(() => this.#access(node, mask, caller));
  }

  #access(node: Node, mask: number, caller: Caller): number {
    const { node: inode, record } = this.#inodes.inode(node);
    const squashed = inode.export.squash(caller);
    const { readOnly } = inode;
    return (accessBits(record, squashed, readOnly) | xattrAccessBits(record, squashed, readOnly)) & mask;
  }

  async readLink(node: Node): Promise<string> {
    await this.#inodes.describe(node.fileid);
    const { record } = this.#inodes.inode(node);
    if (record.type !== 'symlink') throw new FileSystemError('INVAL', 'not a symlink');
    return record.target ?? '';
  }

  async readDirectory(directory: Node, cookie: number, limit: number, caller: Caller): Promise<DirectoryPage> {
    const { directories, exports, failures, tree } = this.#parts;
    if (directory instanceof RootNode) {
      if (cookie === 0) await failures.within(exports.look());
      const entries = exports
        .all()
        .filter((one) => one.id + rootCookie > cookie && one.configuration.listed && one.admits(caller))
        .map((one) => ({
          name: one.name,
          cookie: one.id + rootCookie,
          node: this.#inodes.node(one.root, tree.require(one.root)),
        }));
      return { entries: entries.slice(0, limit), end: entries.length <= limit };
    }
    const { fileid, node } = this.#inodes.directory(directory);
    await this.#inodes.describe(fileid);
    if (!mayRead(this.#inodes.directory(directory).record, node.export.squash(caller)))
      throw new FileSystemError('ACCESS');
    // Going on with a listing that has begun: what has changed since shows up in the next one.
    for (let begins = cookie === 0; ; begins = false) {
      const progress = await failures.within(directories.read(fileid, begins));
      const entries: DirectoryEntry[] = [];
      let isAll = true;
      for (const { name, cookie: at, fileid: child } of tree.byCookie(fileid, cookie, limit + 1)) {
        // While the directory is being listed, what follows a name that the listing has not come to must wait for it.
        isAll = entries.length < limit && progress?.isDecided(name) !== false;
        if (!isAll) break;
        const record = tree.get(child);
        if (record !== undefined) entries.push({ name, cookie: at, node: this.#inodes.node(child, record) });
      }
      if (progress === undefined || entries.length > 0) return { entries, end: isAll && progress === undefined };
      await failures.within(progress.more());
    }
  }

  setAttributes(
    node: Node,
    changes: AttributeChanges,
    context: OperationContext,
    open?: OpenFile,
  ): Promise<ChangeInfo> {
    return this.#fileOperations.setAttributes(node, changes, context, open);
  }

  createFile(directory: Node, name: string, how: CreateHow, context: OperationContext): Promise<Created> {
    return this.#nameChanges.createFile(directory, name, how, context);
  }

  makeDirectory(
    directory: Node,
    name: string,
    attributes: AttributeChanges,
    context: OperationContext,
  ): Promise<Created> {
    return this.#nameChanges.makeDirectory(directory, name, attributes, context);
  }

  makeSymlink(
    directory: Node,
    name: string,
    target: string,
    attributes: AttributeChanges,
    context: OperationContext,
  ): Promise<Created> {
    return this.#nameChanges.makeSymlink(directory, name, target, attributes, context);
  }

  makeSpecial(
    directory: Node,
    name: string,
    type: 'fifo' | 'socket' | 'block' | 'character',
    device: DeviceNumber,
    attributes: AttributeChanges,
    context: OperationContext,
  ): Promise<Created> {
    return this.#nameChanges.makeSpecial(directory, name, type, device, attributes, context);
  }

  remove(
    directory: Node,
    name: string,
    kind: 'file' | 'directory' | undefined,
    context: OperationContext,
  ): Promise<ChangeInfo> {
    return this.#nameChanges.remove(directory, name, kind, context);
  }

  rename(
    fromDirectory: Node,
    fromName: string,
    toDirectory: Node,
    toName: string,
    context: OperationContext,
  ): Promise<{ readonly source: ChangeInfo; readonly target: ChangeInfo }> {
    return this.#nameChanges.rename(fromDirectory, fromName, toDirectory, toName, context);
  }

  open(node: Node, access: OpenAccess, purpose: 'open' | 'created' | 'reclaim', caller: Caller): Promise<OpenFile> {
    return this.#fileOperations.open(node, access, purpose, caller);
  }

  read(node: Node, offset: number, count: number, caller: Caller): Promise<ReadResult> {
    return this.#fileOperations.read(node, offset, count, caller);
  }

  write(node: Node, offset: number, data: Buffer, stability: Stability, caller: Caller): Promise<WriteResult> {
    return this.#fileOperations.write(node, offset, data, stability, caller);
  }

  commit(node: Node): Promise<void> {
    return this.#fileOperations.commit(node);
  }

  copy(source: FileUse, target: FileUse, range: CopyRange, caller: Caller): Promise<number> {
    return this.#parts.copies.copy(source, target, range, caller);
  }

  clone(source: FileUse, target: FileUse, range: CopyRange, caller: Caller): Promise<void> {
    return this.#parts.copies.clone(source, target, range, caller);
  }

  seek(
    file: FileUse,
    offset: number,
    kind: 'data' | 'hole',
    caller: Caller,
  ): Promise<{ readonly offset: number; readonly isEnd: boolean }> {
    return this.#parts.holes.seek(file, offset, kind, caller);
  }

  readStretches(
    file: FileUse,
    offset: number,
    count: number,
    caller: Caller,
  ): Promise<{ readonly stretches: readonly FileStretch[]; readonly eof: boolean }> {
    return this.#parts.holes.readStretches(file, offset, count, caller);
  }

  allocate(file: FileUse, offset: number, length: number, caller: Caller): Promise<void> {
    return this.#parts.holes.allocate(file, offset, length, caller);
  }

  deallocate(file: FileUse, offset: number, length: number, caller: Caller): Promise<void> {
    return this.#parts.holes.deallocate(file, offset, length, caller);
  }

  getXattr(node: Node, name: string, caller: Caller): Promise<Buffer> {
    return this.#parts.extendedAttributes.get(node, name, caller);
  }

  listXattrs(node: Node, caller: Caller): Promise<readonly string[]> {
    return this.#parts.extendedAttributes.list(node, caller);
  }

  setXattr(node: Node, name: string, value: Buffer, how: XattrHow, context: OperationContext): Promise<ChangeInfo> {
    return this.#parts.extendedAttributes.set(node, name, value, how, context);
  }

  removeXattr(node: Node, name: string, context: OperationContext): Promise<ChangeInfo> {
    return this.#parts.extendedAttributes.remove(node, name, context);
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
