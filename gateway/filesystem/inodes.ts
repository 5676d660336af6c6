/** What every file operation begins with: the inode behind a node or a name, and whether the caller may. */
import { timingSafeEqual } from 'node:crypto';
import type { Places } from '../staging/places.ts';
import type { Fileid, InodeRecord } from '../staging/records.ts';
import { gatewayRoot, type Tree } from '../staging/tree.ts';
import type { Caller } from './caller.ts';
import type { Descriptions } from './descriptions.ts';
import type { Directories } from './directories.ts';
import { FileSystemError } from './errors.ts';
import type { Exports } from './exports.ts';
import { claimedFileid } from './filehandle.ts';
import type { Failures } from './failures.ts';
import type { Node } from './file-system.ts';
import { InodeNode, RootNode } from './nodes.ts';
import { mayExecute, mayWrite } from './permissions.ts';

export interface InodesParts {
  readonly tree: Tree;
  readonly places: Places;
  readonly exports: Exports;
  readonly directories: Directories;
  readonly descriptions: Descriptions;
  readonly failures: Failures;
}

/** Nodes that are remembered, the oldest being forgotten. */
const maxNodes = 8192;

/** An inode, by the node that named it. */
export interface Inode {
  readonly node: InodeNode;
  readonly fileid: Fileid;
  readonly record: InodeRecord;
}

/** A directory whose entries the caller may change. */
export interface Changeable extends Inode {
  /** As the export sees them. */
  readonly caller: Caller;
}

/** An entry, with the name it really has. */
export interface Found {
  readonly fileid: Fileid;
  readonly record: InodeRecord;
  readonly name: string;
}

export class Inodes {
  readonly #parts: InodesParts;
  /** Met lately; making a handle costs more than most operations on it. */
  readonly #nodes = new Map<Fileid, InodeNode>();

  constructor(parts: InodesParts) {
    this.#parts = parts;
  }

  node(fileid: Fileid, record: InodeRecord): InodeNode {
    const of = this.#parts.exports.byId(record.export);
    if (of === undefined) throw new FileSystemError('STALE');
    const known = this.#nodes.get(fileid);
    if (known?.export === of) return known;
    const node = new InodeNode(of, fileid, record.type === 'directory', this.#parts.exports.secret);
    this.#nodes.set(fileid, node);
    for (const oldest of this.#nodes.keys()) {
      if (this.#nodes.size <= maxNodes) break;
      this.#nodes.delete(oldest);
    }
    return node;
  }

  /** The node whose handle this is, where that is known without looking at its MAC. */
  knownNode(handle: Buffer): InodeNode | undefined {
    const fileid = claimedFileid(handle);
    const node = fileid === undefined ? undefined : this.#nodes.get(fileid);
    return node !== undefined && timingSafeEqual(node.handle, handle) ? node : undefined;
  }

  /** The inode of a node that is in an export. */
  inode(node: Node): Inode {
    if (!(node instanceof InodeNode)) throw new FileSystemError('ROFS', 'the root above the exports cannot be changed');
    const record = this.#parts.tree.get(node.fileid);
    if (record === undefined) throw new FileSystemError('STALE');
    return { node, fileid: node.fileid, record };
  }

  /** The inode of a directory that is still there. */
  directory(node: Node): Inode {
    const found = this.inode(node);
    if (found.record.type === 'symlink') throw new FileSystemError('SYMLINK');
    if (found.record.type !== 'directory') throw new FileSystemError('NOTDIR');
    if (found.record.parent === 0) throw new FileSystemError('STALE');
    return found;
  }

  /** A directory whose entries the caller may change. */
  async changeable(node: Node, caller: Caller): Promise<Changeable> {
    const before = this.directory(node);
    if (before.node.readOnly) throw new FileSystemError('ROFS');
    await this.describe(before.fileid);
    const found = this.directory(node);
    const squashed = found.node.export.squash(caller);
    if (!mayWrite(found.record, squashed) || !mayExecute(found.record, squashed)) throw new FileSystemError('ACCESS');
    return { ...found, caller: squashed };
  }

  /** Finds out what is not known of the inode's attributes; undefined: nothing. */
  describe(fileid: Fileid): Promise<void> | undefined {
    const record = this.#parts.tree.get(fileid);
    if (record === undefined || record.described) return undefined;
    return this.#parts.failures.within(this.#parts.descriptions.ensure(fileid));
  }

  /** Exact first, then equal under Unicode normalization. */
  find(directory: Fileid, name: string): Found | undefined {
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

  /** Asks the store for the name. What the tree says of it afterwards holds until the next await. */
  async learn(directory: Fileid, name: string): Promise<void> {
    const { directories, failures, tree } = this.#parts;
    await failures.within(directories.ensureName(directory, name));
    const found = this.find(directory, name);
    if (found !== undefined) await this.describe(found.fileid);
    const parent = tree.get(directory)?.parent;
    if (parent === undefined || parent === 0) throw new FileSystemError('STALE');
  }

  /** Finds out whether the name still has the version that is known; undefined: that is no older than the export allows. */
  revalidate({ parent, name }: InodeRecord): Promise<void> | undefined {
    if (parent === 0 || parent === gatewayRoot) return undefined;
    return this.#parts.failures.within(this.#parts.directories.ensureName(parent, name));
  }

  /** Lists a directory anew where what is known of it is too old; undefined: it is not. */
  refresh(fileid: Fileid): Promise<void> | undefined {
    return this.#parts.failures.within(this.#parts.directories.refresh(fileid));
  }

  regular(node: Node): Inode {
    if (node instanceof RootNode) throw new FileSystemError('ISDIR');
    const found = this.inode(node);
    if (found.record.type === 'directory') throw new FileSystemError('ISDIR');
    if (found.record.type === 'symlink') throw new FileSystemError('SYMLINK');
    if (found.record.type !== 'file') throw new FileSystemError('INVAL');
    return found;
  }

  /** Whether the store can have such a key. @throws FileSystemError NAMETOOLONG */
  checkKey(directory: Fileid, { export: of }: InodeNode, name: string): void {
    const key = (this.#parts.places.keyOf(directory) ?? '') + name;
    if (Buffer.byteLength(key) + 1 > of.place.store.limits.maxKey)
      throw new FileSystemError('NAMETOOLONG', `the key of ${name} would be longer than the store allows`);
  }
}
