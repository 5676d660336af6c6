/** A plain tree in memory that behaves as a POSIX file system does: what the gateway is compared with. */
import type { ObjectMetadata } from '../../store/object-store.ts';
import type { Attributes } from '../attributes.ts';
import type { FileSystemErrorCode } from '../errors.ts';
import type { Node } from '../file-system.ts';
import { isLocalName } from '../names.ts';

export type ModelType = 'file' | 'directory' | 'symlink' | 'fifo';

/** Whether the attributes that the gateway shows must be the ones that it showed before. */
export type Touched = 'no' | 'may' | 'must';

export class ModelNode {
  readonly type: ModelType;
  /** undefined: the root, or unlinked. */
  parent: ModelNode | undefined;
  name: string;
  mode = 0o644;
  uid = 0;
  gid = 0;
  /** As it was set; undefined where a change of the content came after. */
  mtime: bigint | undefined;
  target = '';
  content: Buffer = Buffer.alloc(0);
  /** What may be there after a crash: the content that was committed last, and every later one. */
  possible: Buffer[] = [];
  /** How many opens there are, and how many of those for writing. */
  opens = 0;
  writers = 0;
  localOnly = false;
  readonly children = new Map<string, ModelNode>();
  /** Of a directory: its marker must be in the store. */
  marker = false;
  /** As another client has written it. */
  foreign: ObjectMetadata | undefined;
  /** Whether the gateway has written the object, attributes included; a rename alone need not. */
  stamped: boolean | 'maybe' = true;

  /** How the gateway knows it, and what it said last. */
  node: Node | undefined;
  seen: Attributes | undefined;
  touched: Touched = 'may';
  /** Others have changed the entries of the directory since it was listed: its attributes tell it then at the latest. */
  unlisted = false;

  constructor(type: ModelType, parent: ModelNode | undefined, name: string) {
    this.type = type;
    this.parent = parent;
    this.name = name;
  }

  get path(): string {
    if (this.parent === undefined) return '';
    const above = this.parent.path;
    return above === '' ? this.name : `${above}/${this.name}`;
  }

  get key(): string {
    return this.type === 'directory' ? `${this.path}/` : this.path;
  }

  touch(touched: Touched): void {
    if (touched === 'must' || this.touched === 'no') this.touched = touched;
  }

  /** A directory's entries have changed. */
  touchEntries(): void {
    this.mtime = undefined;
    this.touch('must');
  }

  /** New content. @param committed it is on the disk */
  change(content: Buffer, committed: boolean): void {
    this.content = content;
    this.possible = committed ? [content] : [...this.possible, content];
    this.mtime = undefined;
    this.stamped = true;
    this.touch('must');
  }

  commit(): void {
    this.possible = [this.content];
  }
}

type Code = FileSystemErrorCode | undefined;

export class TreeModel {
  readonly root = new ModelNode('directory', undefined, '');
  /** Unlinked files that are open. */
  readonly unlinked = new Set<ModelNode>();

  constructor() {
    this.root.marker = true;
  }

  *all(from: ModelNode = this.root): Generator<ModelNode> {
    yield from;
    for (const child of from.children.values()) yield* this.all(child);
  }

  directories(): ModelNode[] {
    return [...this.all()].filter(({ type }) => type === 'directory');
  }

  /** Everything that has a name, but the root. */
  entries(): ModelNode[] {
    return [...this.all()].slice(1);
  }

  /** Those that can be reached: by name, or because they are open. */
  files(): ModelNode[] {
    return [...this.all(), ...this.unlinked].filter(({ type }) => type === 'file');
  }

  add(type: ModelType, parent: ModelNode, name: string): ModelNode {
    const node = new ModelNode(type, parent, name);
    node.localOnly = type === 'file' && isLocalName(name);
    node.marker = type === 'directory';
    node.possible = [node.content];
    parent.children.set(name, node);
    parent.touchEntries();
    return node;
  }

  /** Why a new entry cannot be made. */
  refusesNew(parent: ModelNode, name: string): Code {
    return parent.children.has(name) ? 'EXIST' : undefined;
  }

  remove(parent: ModelNode, name: string, kind: 'file' | 'directory' | undefined): Code {
    const found = parent.children.get(name);
    if (found === undefined) return 'NOENT';
    if (kind === 'file' && found.type === 'directory') return 'ISDIR';
    if (kind === 'directory' && found.type !== 'directory') return 'NOTDIR';
    if (found.children.size > 0) return 'NOTEMPTY';
    this.#unlink(found);
    this.#emptied(parent);
    return undefined;
  }

  /** @param silly a client does this instead of removing an open file: the new name is never uploaded */
  rename(from: ModelNode, oldName: string, to: ModelNode, newName: string, silly = false): Code {
    const found = from.children.get(oldName);
    if (found === undefined) return 'NOENT';
    if (found.type === 'directory' && this.#isWithin(to, found)) return 'INVAL';
    const target = to.children.get(newName);
    if (target === found) return undefined;
    if (target !== undefined) {
      if (found.type === 'directory' && target.type !== 'directory') return 'NOTDIR';
      if (found.type !== 'directory' && target.type === 'directory') return 'ISDIR';
      if (target.children.size > 0) return 'NOTEMPTY';
      this.#unlink(target);
    }
    from.children.delete(oldName);
    to.children.set(newName, found);
    found.parent = to;
    found.name = newName;
    if (found.type !== 'directory') {
      if (!found.stamped) found.stamped = 'maybe';
      found.localOnly = silly || (found.localOnly && isLocalName(newName));
    }
    from.touchEntries();
    to.touchEntries();
    this.#emptied(from);
    return undefined;
  }

  #isWithin(node: ModelNode, ancestor: ModelNode): boolean {
    for (let at: ModelNode | undefined = node; at !== undefined; at = at.parent) if (at === ancestor) return true;
    return false;
  }

  #unlink(node: ModelNode): void {
    const { parent } = node;
    parent?.children.delete(node.name);
    parent?.touchEntries();
    node.parent = undefined;
    node.touch('must');
    if (node.opens > 0) this.unlinked.add(node);
  }

  /** A directory that has nothing left that the store could know it by gets a marker. */
  #emptied(directory: ModelNode): void {
    if ([...directory.children.values()].every(({ localOnly }) => localOnly)) directory.marker = true;
  }
}
