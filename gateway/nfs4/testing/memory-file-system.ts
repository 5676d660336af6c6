/**
 * A FileSystem in memory for protocol tests: directories, files, symlinks, special files, modes, handles and cookies
 * behave as the contract says; nothing outlives the object. Its root holds the exports, each with an fsid of its own.
 */
import type {
  AttributeChanges,
  Attributes,
  DeviceNumber,
  Fileid,
  FileSystemStatus,
  FileType,
  Nanoseconds,
} from '../../filesystem/attributes.ts';
import type { Caller } from '../../filesystem/caller.ts';
import { FileSystemError } from '../../filesystem/errors.ts';
import {
  Access,
  type ChangeInfo,
  type CopyRange,
  type Created,
  type CreateHow,
  type DirectoryPage,
  type FileStretch,
  type FileSystem,
  type FileUse,
  type Node,
  type Once,
  type OpenAccess,
  type OpenFile,
  type OperationContext,
  type ReadResult,
  type Stability,
  type WriteResult,
  type XattrHow,
} from '../../filesystem/file-system.ts';
import { maxFile, maxName, maxSymlinkTarget } from '../../filesystem/limits.ts';

interface Inode {
  readonly id: number;
  readonly export: number;
  readonly type: FileType;
  readonly device: DeviceNumber;
  readonly entries: Map<string, { readonly cookie: number; readonly inode: Inode }>;
  nextCookie: number;
  parent: Inode | undefined;
  data: Buffer;
  readonly xattrs: Map<string, Buffer>;
  target: string;
  verifier: Buffer | undefined;
  mode: number;
  uid: number;
  gid: number;
  change: bigint;
  atime: Nanoseconds;
  mtime: Nanoseconds;
  ctime: Nanoseconds;
  opens: number;
  unlinked: boolean;
}

const magic = 0x4d454d46;
/** Larger files are refused with FBIG, so that a test cannot fill the memory. Bytes. */
/** Bytes. */
const maxMemoryXattr = 2048;
const maxMemoryFile = 64 * 1024 * 1024;

class MemoryNode implements Node {
  readonly inode: Inode;
  readonly readOnly: boolean;

  constructor(inode: Inode) {
    this.inode = inode;
    this.readOnly = inode.export === 0;
  }

  get key(): string {
    return String(this.inode.id);
  }

  get fileid(): Fileid {
    return this.inode.id as Fileid;
  }

  get isDirectory(): boolean {
    return this.inode.type === 'directory';
  }

  get handle(): Buffer {
    const handle = Buffer.alloc(8);
    handle.writeUInt32BE(magic, 0);
    handle.writeUInt32BE(this.inode.id, 4);
    return handle;
  }
}

export class MemoryFileSystem implements FileSystem {
  /** Milliseconds for which files are said to be known. */
  trusts = Infinity;
  readonly #inodes = new Map<number, Inode>();
  readonly #root: Inode;
  readonly #owner: { readonly uid: number; readonly gid: number };
  readonly #records = new Map<string, { readonly sequence: number; readonly result: unknown }>();
  #nextId = 2;
  #clock = 1_700_000_000_000_000_000n;
  #exports = 0;

  /** @param exports names of the entries of the root; each an empty directory of `owner` with mode 0755 */
  constructor(exports: readonly string[] = ['data'], owner = { uid: 1000, gid: 1000 }) {
    this.#owner = owner;
    this.#root = this.#makeInode('directory', 0, 0o755, { uid: 0, gid: 0 });
    this.#root.parent = undefined;
    for (const name of exports) {
      const inode = this.#makeInode('directory', ++this.#exports, 0o755, this.#owner);
      this.#link(this.#root, name, inode);
    }
  }

  hasRecord({ key, sequence }: Once): boolean {
    return this.#records.get(key)?.sequence === sequence;
  }

  writeVerifier(): Buffer {
    return Buffer.from('memoryfs');
  }

  root(): Node {
    return new MemoryNode(this.#root);
  }

  resolve(handle: Buffer): Node {
    if (handle.length !== 8 || handle.readUInt32BE(0) !== magic) throw new FileSystemError('BADHANDLE');
    const inode = this.#inodes.get(handle.readUInt32BE(4));
    if (inode === undefined) throw new FileSystemError('STALE');
    return new MemoryNode(inode);
  }

  async lookup(directory: Node, name: string, caller: Caller): Promise<Node> {
    const parent = this.#directory(directory);
    this.#require(parent, 1, caller);
    return new MemoryNode(this.#entry(parent, name));
  }

  async lookupParent(directory: Node, caller: Caller): Promise<Node> {
    const inode = this.#directory(directory);
    this.#require(inode, 1, caller);
    if (inode.parent === undefined) throw new FileSystemError('NOENT');
    return new MemoryNode(inode.parent);
  }

  async attributes(node: Node): Promise<Attributes> {
    return this.#attributesOf(this.#inode(node));
  }

  known(node: Node): Attributes | undefined {
    const inode = this.#inodes.get(node.fileid);
    return inode === undefined ? undefined : this.#attributesOf(inode);
  }

  #attributesOf(inode: Inode): Attributes {
    const size = inode.type === 'symlink' ? Buffer.byteLength(inode.target) : inode.data.length;
    const subdirectories = [...inode.entries.values()].filter((entry) => entry.inode.type === 'directory').length;
    const atBoundary = inode.parent !== undefined && inode.parent.export !== inode.export;
    return {
      fsid: { major: BigInt(inode.export), minor: 0n },
      fileid: inode.id as Fileid,
      mountedOnFileid: (atBoundary ? inode.id + 1_000_000 : inode.id) as Fileid,
      type: inode.type,
      mode: inode.mode,
      links: inode.type === 'directory' ? 2 + subdirectories : inode.unlinked ? 0 : 1,
      uid: inode.uid,
      gid: inode.gid,
      size,
      used: size,
      device: inode.device,
      change: inode.change,
      atime: inode.atime,
      mtime: inode.mtime,
      ctime: inode.ctime,
    };
  }

  async setAttributes(
    node: Node,
    changes: AttributeChanges,
    context: OperationContext,
    open?: OpenFile,
  ): Promise<ChangeInfo> {
    const { caller, once } = context;
    const inode = this.#writable(node);
    const before = inode.change;
    if (once !== undefined && this.hasRecord(once)) return { before, after: before };
    const owns = caller.uid === 0 || caller.uid === inode.uid;
    if (changes.size !== undefined) {
      if (inode.type === 'directory') throw new FileSystemError('ISDIR');
      if (inode.type !== 'file') throw new FileSystemError('INVAL');
      if (open === undefined && !owns) this.#require(inode, 2, caller);
      if (changes.size > Math.min(maxFile, maxMemoryFile)) throw new FileSystemError('FBIG');
    }
    if (changes.mode !== undefined && !owns) throw new FileSystemError('PERM');
    if (changes.uid !== undefined && changes.uid !== inode.uid && caller.uid !== 0) throw new FileSystemError('PERM');
    if (changes.gid !== undefined && changes.gid !== inode.gid && caller.uid !== 0) {
      if (!owns || !(caller.gid === changes.gid || caller.gids.includes(changes.gid)))
        throw new FileSystemError('PERM');
    }
    for (const time of [changes.atime, changes.mtime]) {
      if (time !== undefined && !owns) {
        if (time !== 'now') throw new FileSystemError('PERM');
        this.#require(inode, 2, caller);
      }
    }
    this.#apply(inode, changes);
    this.#record(context, undefined);
    return { before, after: inode.change };
  }

  knownFor(node: Node): number {
    this.#inode(node);
    return this.trusts;
  }

  async access(node: Node, mask: number, caller: Caller): Promise<number> {
    const inode = this.#inode(node);
    const directory = inode.type === 'directory';
    let granted = 0;
    if (this.#permits(inode, 4, caller)) granted |= Access.read | Access.readXattr | Access.listXattrs;
    if (this.#permits(inode, 2, caller) && inode.export !== 0) {
      granted |= Access.modify | Access.extend | Access.writeXattr | (directory ? Access.delete : 0);
    }
    if (this.#permits(inode, 1, caller)) granted |= directory ? Access.lookup : Access.execute;
    return granted & mask;
  }

  async readLink(node: Node): Promise<string> {
    const inode = this.#inode(node);
    if (inode.type !== 'symlink') throw new FileSystemError('INVAL');
    return inode.target;
  }

  async readDirectory(directory: Node, cookie: number, limit: number, caller: Caller): Promise<DirectoryPage> {
    const inode = this.#directory(directory);
    this.#require(inode, 4, caller);
    const after = [...inode.entries].filter(([, entry]) => entry.cookie > cookie);
    after.sort(([, left], [, right]) => left.cookie - right.cookie);
    return {
      entries: after
        .slice(0, limit)
        .map(([name, entry]) => ({ name, cookie: entry.cookie, node: new MemoryNode(entry.inode) })),
      end: after.length <= limit,
    };
  }

  async createFile(directory: Node, name: string, how: CreateHow, context: OperationContext): Promise<Created> {
    const done = this.#recorded<Created>(context);
    if (done !== undefined) return done;
    const parent = this.#directory(directory);
    this.#checkName(name);
    const existing = parent.entries.get(name)?.inode;
    if (existing === undefined) {
      return this.#create(directory, name, 'file', how.attributes, context, (inode) => {
        if (how.mode === 'exclusive') inode.verifier = how.verifier;
      });
    }
    this.#require(parent, 1, context.caller);
    const unchanged = { before: parent.change, after: parent.change };
    const found = { node: new MemoryNode(existing), created: false, directory: unchanged };
    if (how.mode === 'exclusive' && existing.verifier?.equals(how.verifier)) return found;
    if (how.mode !== 'unchecked') throw new FileSystemError('EXIST');
    if (existing.type === 'file' && how.attributes.size === 0) {
      this.#require(existing, 2, context.caller);
      this.#apply(existing, { size: 0 });
    }
    return this.#record(context, found);
  }

  async makeDirectory(
    directory: Node,
    name: string,
    attributes: AttributeChanges,
    context: OperationContext,
  ): Promise<Created> {
    return this.#create(directory, name, 'directory', attributes, context);
  }

  async makeSymlink(
    directory: Node,
    name: string,
    target: string,
    attributes: AttributeChanges,
    context: OperationContext,
  ): Promise<Created> {
    if (target === '') throw new FileSystemError('INVAL');
    if (Buffer.byteLength(target) > maxSymlinkTarget) throw new FileSystemError('NAMETOOLONG');
    return this.#create(directory, name, 'symlink', attributes, context, (inode) => {
      inode.target = target;
    });
  }

  async makeSpecial(
    directory: Node,
    name: string,
    type: 'fifo' | 'socket' | 'block' | 'character',
    device: DeviceNumber,
    attributes: AttributeChanges,
    context: OperationContext,
  ): Promise<Created> {
    return this.#create(directory, name, type, attributes, context, undefined, device);
  }

  async remove(
    directory: Node,
    name: string,
    kind: 'file' | 'directory' | undefined,
    context: OperationContext,
  ): Promise<ChangeInfo> {
    const done = this.#recorded<ChangeInfo>(context);
    if (done !== undefined) return done;
    const parent = this.#directory(directory);
    this.#writable(directory);
    this.#require(parent, 3, context.caller);
    const inode = this.#entry(parent, name);
    if (kind === 'file' && inode.type === 'directory') throw new FileSystemError('ISDIR');
    if (kind === 'directory' && inode.type !== 'directory') throw new FileSystemError('NOTDIR');
    if (inode.entries.size > 0) throw new FileSystemError('NOTEMPTY');
    const before = parent.change;
    parent.entries.delete(name);
    this.#unlink(inode);
    this.#touch(parent);
    return this.#record(context, { before, after: parent.change });
  }

  async rename(
    fromDirectory: Node,
    fromName: string,
    toDirectory: Node,
    toName: string,
    context: OperationContext,
  ): Promise<{ readonly source: ChangeInfo; readonly target: ChangeInfo }> {
    const done = this.#recorded<{ readonly source: ChangeInfo; readonly target: ChangeInfo }>(context);
    if (done !== undefined) return done;
    const from = this.#directory(fromDirectory);
    const to = this.#directory(toDirectory);
    if (from.export !== to.export) throw new FileSystemError('XDEV');
    this.#writable(fromDirectory);
    this.#require(from, 3, context.caller);
    this.#require(to, 3, context.caller);
    this.#checkName(toName);
    const moved = this.#entry(from, fromName);
    const replaced = to.entries.get(toName)?.inode;
    const changes = (): { source: ChangeInfo; target: ChangeInfo } => ({
      source: { before: fromBefore, after: from.change },
      target: { before: toBefore, after: to.change },
    });
    const fromBefore = from.change;
    const toBefore = to.change;
    if (replaced === moved) return changes();
    for (let above: Inode | undefined = to; above !== undefined; above = above.parent) {
      if (above === moved) throw new FileSystemError('INVAL');
    }
    if (replaced !== undefined) {
      if ((replaced.type === 'directory') !== (moved.type === 'directory')) throw new FileSystemError('EXIST');
      if (replaced.entries.size > 0) throw new FileSystemError('NOTEMPTY');
      to.entries.delete(toName);
      this.#unlink(replaced);
    }
    from.entries.delete(fromName);
    this.#link(to, toName, moved);
    this.#touch(from);
    if (to !== from) this.#touch(to);
    moved.change++;
    moved.ctime = this.#now();
    return this.#record(context, changes());
  }

  async open(
    node: Node,
    access: OpenAccess,
    purpose: 'open' | 'created' | 'reclaim',
    caller: Caller,
  ): Promise<OpenFile> {
    const inode = this.#file(node);
    if (access.write) this.#writable(node);
    if (purpose === 'open') this.#require(inode, (access.read ? 4 : 0) | (access.write ? 2 : 0), caller);
    inode.opens++;
    let closed = false;
    return {
      node,
      read: async (offset, count) => this.#read(inode, offset, count),
      write: async (offset, data) => this.#write(inode, offset, data),
      setAccess: async () => undefined,
      close: async () => {
        if (closed) return;
        closed = true;
        inode.opens--;
        this.#forget(inode);
      },
    };
  }

  async read(node: Node, offset: number, count: number, caller: Caller): Promise<ReadResult> {
    const inode = this.#file(node);
    if (caller.uid !== inode.uid) this.#require(inode, 4, caller);
    return this.#read(inode, offset, count);
  }

  async write(node: Node, offset: number, data: Buffer, _stability: Stability, caller: Caller): Promise<WriteResult> {
    const inode = this.#file(node);
    this.#writable(node);
    if (caller.uid !== inode.uid) this.#require(inode, 2, caller);
    return this.#write(inode, offset, data);
  }

  async commit(node: Node): Promise<void> {
    this.#file(node);
  }

  async copy(source: FileUse, target: FileUse, range: CopyRange, caller: Caller): Promise<number> {
    const from = this.#readable(source, caller);
    const to = this.#changeable(target, caller);
    const length = range.length === 0 ? from.data.length - range.sourceOffset : range.length;
    if (length < 0 || range.sourceOffset + length > from.data.length) throw new FileSystemError('INVAL');
    const bytes = Buffer.from(from.data.subarray(range.sourceOffset, range.sourceOffset + length));
    return this.#write(to, range.targetOffset, bytes).count;
  }

  async clone(source: FileUse, target: FileUse, range: CopyRange, caller: Caller): Promise<void> {
    await this.copy(source, target, range, caller);
  }

  /** Everything is data here. */
  async seek(
    file: FileUse,
    offset: number,
    kind: 'data' | 'hole',
    caller: Caller,
  ): Promise<{ readonly offset: number; readonly isEnd: boolean }> {
    const { data } = this.#readable(file, caller);
    if (offset >= data.length) throw new FileSystemError('NXIO');
    return kind === 'data' ? { offset, isEnd: false } : { offset: data.length, isEnd: true };
  }

  async readStretches(
    file: FileUse,
    offset: number,
    count: number,
    caller: Caller,
  ): Promise<{ readonly stretches: readonly FileStretch[]; readonly eof: boolean }> {
    const { data, eof } = this.#read(this.#readable(file, caller), offset, count);
    const length = data.reduce((sum, part) => sum + part.length, 0);
    return { stretches: length === 0 ? [] : [{ offset, length, data }], eof };
  }

  async allocate(file: FileUse, offset: number, length: number, caller: Caller): Promise<void> {
    const inode = this.#changeable(file, caller);
    if (offset + length > Math.min(maxFile, maxMemoryFile)) throw new FileSystemError('FBIG');
    if (offset + length > inode.data.length) this.#apply(inode, { size: offset + length });
  }

  async deallocate(file: FileUse, offset: number, length: number, caller: Caller): Promise<void> {
    const inode = this.#changeable(file, caller);
    const end = Math.min(offset + length, inode.data.length);
    if (offset < end) this.#write(inode, offset, Buffer.alloc(end - offset));
  }

  async getXattr(node: Node, name: string, caller: Caller): Promise<Buffer> {
    const inode = this.#inode(node);
    this.#require(inode, 4, caller);
    const value = inode.xattrs.get(name);
    if (value === undefined) throw new FileSystemError('NOXATTR');
    return value;
  }

  async listXattrs(node: Node, caller: Caller): Promise<readonly string[]> {
    const inode = this.#inode(node);
    this.#require(inode, 4, caller);
    return [...inode.xattrs.keys()].sort();
  }

  async setXattr(
    node: Node,
    name: string,
    value: Buffer,
    how: XattrHow,
    context: OperationContext,
  ): Promise<ChangeInfo> {
    return this.#changeXattrs(node, context, (xattrs) => {
      if (how === 'create' && xattrs.has(name)) throw new FileSystemError('EXIST');
      if (how === 'replace' && !xattrs.has(name)) throw new FileSystemError('NOXATTR');
      if (value.length > maxMemoryXattr) throw new FileSystemError('XATTR2BIG');
      xattrs.set(name, Buffer.from(value));
    });
  }

  async removeXattr(node: Node, name: string, context: OperationContext): Promise<ChangeInfo> {
    return this.#changeXattrs(node, context, (xattrs) => {
      if (!xattrs.delete(name)) throw new FileSystemError('NOXATTR');
    });
  }

  #changeXattrs(node: Node, context: OperationContext, change: (xattrs: Map<string, Buffer>) => void): ChangeInfo {
    const done = this.#recorded<ChangeInfo>(context);
    if (done !== undefined) return done;
    const inode = this.#writable(node);
    this.#require(inode, 2, context.caller);
    change(inode.xattrs);
    const before = inode.change++;
    return this.#record(context, { before, after: inode.change });
  }

  async status(node: Node): Promise<FileSystemStatus> {
    this.#inode(node);
    return { totalBytes: 2 ** 50, freeBytes: 2 ** 49, totalFiles: 1_000_000, freeFiles: 999_000 };
  }

  #now(): Nanoseconds {
    this.#clock += 1_000_000n;
    return this.#clock;
  }

  #makeInode(
    type: FileType,
    exportId: number,
    mode: number,
    owner: { readonly uid: number; readonly gid: number },
    device: DeviceNumber = { major: 0, minor: 0 },
  ): Inode {
    const now = this.#now();
    const inode: Inode = {
      id: this.#nextId++,
      export: exportId,
      type,
      device,
      entries: new Map(),
      nextCookie: 3,
      parent: undefined,
      data: Buffer.alloc(0),
      xattrs: new Map(),
      target: '',
      verifier: undefined,
      mode,
      uid: owner.uid,
      gid: owner.gid,
      change: 1n,
      atime: now,
      mtime: now,
      ctime: now,
      opens: 0,
      unlinked: false,
    };
    this.#inodes.set(inode.id, inode);
    return inode;
  }

  #create(
    directory: Node,
    name: string,
    type: FileType,
    attributes: AttributeChanges,
    context: OperationContext,
    prepare?: (inode: Inode) => void,
    device?: DeviceNumber,
  ): Created {
    const done = this.#recorded<Created>(context);
    if (done !== undefined) return done;
    const parent = this.#directory(directory);
    this.#checkName(name);
    if (parent.entries.has(name)) throw new FileSystemError('EXIST');
    this.#writable(directory);
    this.#require(parent, 3, context.caller);
    const inode = this.#makeInode(type, parent.export, type === 'directory' ? 0o755 : 0o644, context.caller, device);
    prepare?.(inode);
    this.#apply(inode, attributes);
    const before = parent.change;
    this.#link(parent, name, inode);
    this.#touch(parent);
    const node = new MemoryNode(inode);
    return this.#record(context, { node, created: true, directory: { before, after: parent.change } });
  }

  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- each caller knows what it has recorded
  #recorded<T>({ once }: OperationContext): T | undefined {
    return once !== undefined && this.hasRecord(once) ? (this.#records.get(once.key)?.result as T) : undefined;
  }

  #record<T>({ once }: OperationContext, result: T): T {
    if (once !== undefined) this.#records.set(once.key, { sequence: once.sequence, result });
    return result;
  }

  #link(parent: Inode, name: string, inode: Inode): void {
    parent.entries.set(name, { cookie: parent.nextCookie++, inode });
    inode.parent = parent;
  }

  #unlink(inode: Inode): void {
    inode.unlinked = true;
    inode.change++;
    inode.ctime = this.#now();
    this.#forget(inode);
  }

  #forget(inode: Inode): void {
    if (inode.unlinked && inode.opens === 0) this.#inodes.delete(inode.id);
  }

  #touch(directory: Inode): void {
    directory.change++;
    directory.mtime = directory.ctime = this.#now();
  }

  #apply(inode: Inode, changes: AttributeChanges): void {
    const now = this.#now();
    if (changes.mode !== undefined) inode.mode = changes.mode;
    if (changes.uid !== undefined) inode.uid = changes.uid;
    if (changes.gid !== undefined) inode.gid = changes.gid;
    if (changes.size !== undefined) {
      const data = Buffer.alloc(changes.size);
      inode.data.copy(data);
      inode.data = data;
      inode.mtime = now;
    }
    if (changes.atime !== undefined) inode.atime = changes.atime === 'now' ? now : changes.atime;
    if (changes.mtime !== undefined) inode.mtime = changes.mtime === 'now' ? now : changes.mtime;
    inode.ctime = now;
    inode.change++;
  }

  #read(inode: Inode, offset: number, count: number): ReadResult {
    const data = inode.data.subarray(offset, Math.min(offset + count, inode.data.length));
    return { data: data.length === 0 ? [] : [Buffer.from(data)], eof: offset + count >= inode.data.length };
  }

  #write(inode: Inode, offset: number, data: Buffer): WriteResult {
    if (offset + data.length > maxMemoryFile) throw new FileSystemError('FBIG');
    const before = inode.change;
    if (data.length > 0) {
      const grown = Buffer.alloc(Math.max(inode.data.length, offset + data.length));
      inode.data.copy(grown);
      data.copy(grown, offset);
      inode.data = grown;
      inode.change++;
      inode.mtime = inode.ctime = this.#now();
    }
    return { count: data.length, committed: 'file-sync', change: { before, after: inode.change } };
  }

  #inode(node: Node): Inode {
    const inode = this.#inodes.get(node.fileid);
    if (inode === undefined) throw new FileSystemError('STALE');
    return inode;
  }

  #directory(node: Node): Inode {
    const inode = this.#inode(node);
    if (inode.type !== 'directory') throw new FileSystemError('NOTDIR');
    return inode;
  }

  #file(node: Node): Inode {
    const inode = this.#inode(node);
    if (inode.type === 'directory') throw new FileSystemError('ISDIR');
    if (inode.type === 'symlink') throw new FileSystemError('SYMLINK');
    if (inode.type !== 'file') throw new FileSystemError('WRONGTYPE');
    return inode;
  }

  #readable({ node, open }: FileUse, caller: Caller): Inode {
    const inode = this.#regular(node);
    if (open === undefined && caller.uid !== inode.uid) this.#require(inode, 4, caller);
    return inode;
  }

  #changeable({ node, open }: FileUse, caller: Caller): Inode {
    const inode = this.#regular(node);
    this.#writable(node);
    if (open === undefined && caller.uid !== inode.uid) this.#require(inode, 2, caller);
    return inode;
  }

  #regular(node: Node): Inode {
    const inode = this.#inode(node);
    if (inode.type !== 'file') throw new FileSystemError('WRONGTYPE');
    return inode;
  }

  #writable(node: Node): Inode {
    const inode = this.#inode(node);
    if (inode.export === 0) throw new FileSystemError('ROFS');
    return inode;
  }

  #checkName(name: string): void {
    if (name === '') throw new FileSystemError('INVAL');
    if (name === '.' || name === '..') throw new FileSystemError('BADNAME');
    if (/[/\0]/.test(name)) throw new FileSystemError('INVAL');
    if (Buffer.byteLength(name) > maxName) throw new FileSystemError('NAMETOOLONG');
  }

  #entry(directory: Inode, name: string): Inode {
    this.#checkName(name);
    const entry = directory.entries.get(name);
    if (entry === undefined) throw new FileSystemError('NOENT');
    return entry.inode;
  }

  /** @param bits of rwx: 4, 2, 1 */
  #permits(inode: Inode, bits: number, caller: Caller): boolean {
    if (caller.uid === 0) return true;
    const shift = caller.uid === inode.uid ? 6 : caller.gid === inode.gid || caller.gids.includes(inode.gid) ? 3 : 0;
    return ((inode.mode >> shift) & bits) === bits;
  }

  #require(inode: Inode, bits: number, caller: Caller): void {
    if (!this.#permits(inode, bits, caller)) throw new FileSystemError('ACCESS');
  }
}
