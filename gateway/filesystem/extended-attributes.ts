/** Extended attributes of files and directories (RFC 8276), kept in the metadata of their objects. */
import type { Database } from '../database/database.ts';
import type { Places } from '../staging/places.ts';
import { userMetadataSize } from '../staging/posix-metadata.ts';
import { metadataOf } from '../staging/publish-state.ts';
import type { Fileid, InodeRecord } from '../staging/records.ts';
import { nextChange, type Tree } from '../staging/tree.ts';
import type { UploadQueue } from '../staging/upload-queue.ts';
import { xattrsOf, type Xattrs } from '../staging/xattr-metadata.ts';
import type { Caller } from './caller.ts';
import { FileSystemError } from './errors.ts';
import type { Failures } from './failures.ts';
import type { ChangeInfo, Node, OperationContext, XattrHow } from './file-system.ts';
import type { Inode, Inodes } from './inodes.ts';
import { maxName } from './limits.ts';
import type { DelegationTables } from './locks/delegation-tables.ts';
import type { Namespace } from './namespace.ts';
import { RootNode } from './nodes.ts';
import type { OnceRecords } from './once-records.ts';
import type { OpenFiles } from './open-files.ts';
import { mayRead, mayWrite } from './permissions.ts';

/** The one namespace that NFS has (RFC 8276 §5); it is not part of the names on the wire. */
const namespacePrefix = 'user.';

export interface ExtendedAttributesParts {
  readonly database: Database;
  readonly delegations: DelegationTables;
  readonly tree: Tree;
  readonly places: Places;
  readonly inodes: Inodes;
  readonly namespace: Namespace;
  readonly openFiles: OpenFiles;
  readonly queue: UploadQueue;
  readonly once: OnceRecords;
  readonly failures: Failures;
}

export class ExtendedAttributes {
  readonly #parts: ExtendedAttributesParts;
  /** HEADs under way, by inode. */
  readonly #learning = new Map<Fileid, Promise<void>>();

  constructor(parts: ExtendedAttributesParts) {
    this.#parts = parts;
  }

  async get(node: Node, name: string, caller: Caller): Promise<Buffer> {
    await this.#requireReadable(node, caller);
    await this.#learn(node.fileid);
    const value = this.#known(node)[namespacePrefix + name];
    if (value === undefined) throw new FileSystemError('NOXATTR');
    return Buffer.from(value, 'base64');
  }

  /** Those that are known: `ls -l` asks this of every file of a directory, and that must not cost a HEAD for each. */
  async list(node: Node, caller: Caller): Promise<readonly string[]> {
    await this.#requireReadable(node, caller);
    return Object.keys(this.#known(node))
      .filter((name) => name.startsWith(namespacePrefix))
      .map((name) => name.slice(namespacePrefix.length))
      .sort();
  }

  async set(node: Node, name: string, value: Buffer, how: XattrHow, context: OperationContext): Promise<ChangeInfo> {
    const key = namespacePrefix + name;
    if (name === '') throw new FileSystemError('INVAL');
    if (Buffer.byteLength(key) > maxName) throw new FileSystemError('NAMETOOLONG');
    const encoded = value.toString('base64');
    return this.#change(node, context, (xattrs, record) => {
      const before = xattrs[key];
      if (how === 'create' && before !== undefined) throw new FileSystemError('EXIST');
      if (how === 'replace' && before === undefined) throw new FileSystemError('NOXATTR');
      const changed = { ...xattrs, [key]: encoded };
      this.#checkSize(record, changed);
      return changed;
    });
  }

  remove(node: Node, name: string, context: OperationContext): Promise<ChangeInfo> {
    const key = namespacePrefix + name;
    return this.#change(node, context, (xattrs) => {
      if (xattrs[key] === undefined) throw new FileSystemError('NOXATTR');
      return Object.fromEntries(Object.entries(xattrs).filter(([other]) => other !== key));
    });
  }

  /** RFC 8276 §8.3.2: too big is what all attributes together would be. */
  #checkSize(record: InodeRecord, xattrs: Xattrs): void {
    const { maxUserMetadata } = this.#parts.places.require(record.export).store.limits;
    if (userMetadataSize({ ...record, xattrs }, metadataOf(record)) > maxUserMetadata)
      throw new FileSystemError('XATTR2BIG', `an object carries ${maxUserMetadata} bytes of metadata`);
  }

  async #requireReadable(node: Node, caller: Caller): Promise<void> {
    if (node instanceof RootNode) return;
    const { inodes } = this.#parts;
    await inodes.revalidate(inodes.inode(node).record);
    await inodes.describe(node.fileid);
    const { record, node: inode } = inodes.inode(node);
    if (!mayRead(record, inode.export.squash(caller))) throw new FileSystemError('ACCESS');
  }

  #known(node: Node): Xattrs {
    return xattrsOf(this.#parts.tree.get(node.fileid) ?? {});
  }

  async #change(
    node: Node,
    { caller, once: key }: OperationContext,
    change: (xattrs: Xattrs, record: InodeRecord) => Xattrs,
  ): Promise<ChangeInfo> {
    const { database, delegations, inodes, namespace, once, openFiles, queue, tree } = this.#parts;
    const before = inodes.inode(node);
    if (before.node.readOnly) throw new FileSystemError('ROFS');
    await delegations.yielded(node.key, 'write', caller.client);
    await inodes.revalidate(before.record);
    await inodes.describe(node.fileid);
    const found = inodes.inode(node);
    this.#checkPermission(found, caller);
    await this.#learn(found.fileid);
    delegations.requireFree(node.key, 'write', caller.client);
    const info = database.transact((): ChangeInfo => {
      const done = once.find(key, 'xattr');
      if (done !== undefined) return changeInfo(done.changes[0]);
      const record = tree.get(found.fileid);
      if (record === undefined) throw new FileSystemError('STALE');
      const xattrs = change(xattrsOf(record), record);
      const after = nextChange(record.change);
      const ctime = BigInt(Date.now()) * 1_000_000n;
      tree.update(found.fileid, { xattrs, ctime, change: after, restamp: true });
      namespace.publish(found.fileid);
      once.keep(key, { operation: 'xattr', changes: [[record.change, after]] });
      return changeInfo([record.change, after]);
    });
    queue.touchFile(found.fileid, openFiles.hasWriter(found.fileid));
    try {
      await database.durable();
    } catch (error) {
      throw this.#parts.failures.translate(error);
    }
    return info;
  }

  /** As Linux has it for `user.`: files and directories, and in a sticky directory's case its owner alone. */
  #checkPermission({ record, node }: Inode, caller: Caller): void {
    const squashed = node.export.squash(caller);
    if (record.type !== 'file' && record.type !== 'directory') throw new FileSystemError('PERM');
    const isSticky = record.type === 'directory' && (record.mode & 0o1000) !== 0;
    if (isSticky && squashed.uid !== 0 && squashed.uid !== record.uid) throw new FileSystemError('PERM');
    if (!mayWrite(record, squashed)) throw new FileSystemError('ACCESS');
  }

  /** Finds out what the object's metadata is, once for a version. @throws FileSystemError */
  #learn(fileid: Fileid): Promise<void> {
    const record = this.#parts.tree.get(fileid);
    if (record?.object === undefined || record.metadata !== undefined || record.xattrs !== undefined)
      return Promise.resolve();
    let learning = this.#learning.get(fileid);
    if (learning === undefined) {
      learning = this.#ask(fileid, record).finally(() => this.#learning.delete(fileid));
      this.#learning.set(fileid, learning);
    }
    return this.#parts.failures.within(learning);
  }

  async #ask(fileid: Fileid, record: InodeRecord): Promise<void> {
    const { database, places, tree } = this.#parts;
    const { store, key, version } = places.locate(fileid, record.export, record.object);
    const found = await store.head(key);
    // Replaced meanwhile: what is kept here is not overwritten by what belongs to another version.
    if (found?.version.etag !== version.etag)
      throw new FileSystemError(record.parent === 0 ? 'IO' : 'DELAY', 'the object is being replaced');
    database.transact(() => {
      const present = tree.get(fileid);
      if (present?.object === undefined || present.metadata !== undefined) return;
      if (places.versionOf(present.object).etag === version.etag) tree.update(fileid, { metadata: found.metadata });
    });
  }
}

function changeInfo(change: readonly [number, number] | undefined): ChangeInfo {
  return { before: BigInt(change?.[0] ?? 0), after: BigInt(change?.[1] ?? 0) };
}
