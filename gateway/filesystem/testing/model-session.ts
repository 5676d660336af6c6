/** Carries random operations out on a gateway and on the model, and compares what both say. */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { FileSystemError, type FileSystemErrorCode } from '../errors.ts';
import type { FileUse, Node, Once, OpenAccess, OpenFile } from '../file-system.ts';
import { isLocalName } from '../names.ts';
import { root, type GatewayLife } from './gateway-life.ts';
import type { ModelNode } from './tree-model.ts';
import { TreeModel, type ModelType } from './tree-model.ts';

export interface Operation {
  readonly kind: string;
  /** Numbers that the operation takes its choices from. */
  readonly choices: readonly number[];
}

interface Open {
  readonly model: ModelNode;
  handle: OpenFile;
  readonly access: OpenAccess;
}

const names = ['a', 'b', 'c', 'd.txt', 'ü', '.DS_Store'];

/** Tries of an operation to which the gateway says DELAY. */
const maxTries = 2000;

export class ModelSession {
  readonly model = new TreeModel();
  life: GatewayLife;
  /** For the message of a failure. */
  readonly history: string[] = [];
  #opens: Open[] = [];
  #once = 0;
  #foreign = 0;
  #background: Promise<unknown>[] = [];
  #choices: number[] = [];
  readonly #ttl: number;

  /** @param ttl milliseconds that the gateway trusts what it knows; Infinity: nobody else writes to the bucket */
  constructor(life: GatewayLife, ttl: number) {
    this.life = life;
    this.#ttl = ttl;
  }

  async begin(): Promise<void> {
    for (const path of ['a', 'b/inner', 'c/d.txt', 'c/b']) {
      const [above, name] = path.includes('/') ? (path.split('/') as [string, string]) : ['', path];
      this.#writeForeign(above === '' ? this.model.root : this.#implicit(this.model.root, above), name);
    }
    const metadata = { user: { custom: 'marker' }, contentType: 'application/x-directory' };
    this.life.store.bucket.write('c/', Buffer.alloc(0), metadata);
    const marked = this.model.root.children.get('c') as ModelNode;
    Object.assign(marked, { marker: true, foreign: metadata, stamped: false });
    this.model.root.node = await this.life.exported();
    this.model.root.mode = 0o755;
    this.life.tree.start(Promise.resolve());
    await this.#meet();
  }

  /** The gateway's names for what somebody else has written. */
  async #meet(): Promise<void> {
    for (const node of this.model.entries()) {
      if (node.node !== undefined) continue;
      const above = node.parent?.node as Node;
      node.node = await this.#must(async () => this.life.fileSystem.lookup(above, node.name, root));
    }
  }

  /** A directory that is there because of what is in it. */
  #implicit(parent: ModelNode, name: string): ModelNode {
    const found = parent.children.get(name);
    if (found !== undefined) return found;
    const made = this.model.add('directory', parent, name);
    parent.unlisted = true;
    made.marker = false;
    made.mode = 0o755;
    return made;
  }

  #writeForeign(parent: ModelNode, name: string): ModelNode {
    const foreign = ++this.#foreign;
    const body = Buffer.from(`foreign ${foreign} `.repeat(1 + this.#choose(200)));
    const metadata = { user: { custom: `value ${foreign}` }, contentType: 'text/x-foreign' };
    const file = parent.children.get(name) ?? this.model.add('file', parent, name);
    parent.unlisted = true;
    this.life.store.bucket.write(file.key, body, metadata);
    Object.assign(file, { content: body, possible: [body], foreign: metadata, stamped: false });
    Object.assign(file, { mode: 0o644, uid: 0, gid: 0, mtime: undefined });
    file.touch('must');
    return file;
  }

  /** The next choice of the operation, below `below`. */
  #choose(below: number): number {
    return (this.#choices.shift() ?? 0) % below;
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list.length === 0 ? undefined : list[this.#choose(list.length)];
  }

  #name(): string {
    return this.#pick(names) as string;
  }

  /** A directory that has a name. */
  #directory(): ModelNode {
    return this.#pick(this.model.directories()) as ModelNode;
  }

  async perform(operation: Operation): Promise<void> {
    this.#choices = [...operation.choices];
    const action = this.#actions[operation.kind];
    if (action === undefined) throw new Error(`no operation ${operation.kind}`);
    this.history.push(operation.kind);
    await action();
  }

  #note(text: string): void {
    this.history.push(`  ${text}`);
  }

  readonly #actions: Readonly<Record<string, () => Promise<void>>> = {
    create: () => this.#create(),
    directory: () => this.#make('directory'),
    symlink: () => this.#make('symlink'),
    fifo: () => this.#make('fifo'),
    write: () => this.#write('somewhere'),
    append: () => this.#write('end'),
    sparse: () => this.#write('beyond'),
    truncate: () => this.#truncate(),
    copy: () => this.#copy(),
    punch: () => this.#punch(),
    allocate: () => this.#allocate(),
    seek: () => this.#seek(),
    open: () => this.#open(),
    close: () => this.#close(),
    commit: () => this.#commit(),
    read: () => this.#read(),
    remove: () => this.#remove(),
    rename: () => this.#rename(),
    silly: () => this.#silly(),
    attributes: () => this.#setAttributes(),
    list: () => this.#list(this.#directory()),
    look: () => this.#look(),
    background: () => this.#lookInBackground(),
    wait: () => sleep(1 + this.#choose(12)),
    flush: () => this.life.tree.flush(),
    restart: () => this.restart(),
    kill: () => this.#killed(),
    interrupt: () => this.#interrupted(),
    foreign: () => this.#changeForeign(),
  };

  /** What the gateway answers, asked again as long as it says DELAY. */
  async #ask<T>(perform: () => Promise<T>): Promise<{ value: T } | { code: FileSystemErrorCode }> {
    const { life } = this;
    for (let tries = 0; ; tries++) {
      try {
        return { value: await perform() };
      } catch (error) {
        if (!(error instanceof FileSystemError)) throw error;
        if (error.code === 'IO') throw new Error(`IO: ${error.message}`, { cause: error });
        if (error.code !== 'DELAY' || tries > maxTries || this.life !== life) return { code: error.code };
        await sleep(1);
      }
    }
  }

  async #must<T>(perform: () => Promise<T>): Promise<T> {
    const result = await this.#ask(perform);
    if ('code' in result) throw new Error(`the gateway says ${result.code}`);
    return result.value;
  }

  /** Compares the outcome with what the model says. @returns the value where both succeed */
  async #both<T>(expected: FileSystemErrorCode | undefined, perform: () => Promise<T>): Promise<T | undefined> {
    const result = await this.#ask(perform);
    expect('code' in result ? result.code : undefined).toBe(expected);
    return 'code' in result ? undefined : result.value;
  }

  #nextOnce(): Once {
    return { key: 'slot', sequence: ++this.#once };
  }

  async #create(): Promise<void> {
    const parent = this.#directory();
    const name = this.#name();
    const guarded = this.#choose(3) === 0;
    const truncates = this.#choose(3) === 0;
    const mode = this.#mode();
    this.#note(`${parent.key}${name}`);
    const found = parent.children.get(name);
    const expected = found === undefined ? undefined : guarded ? 'EXIST' : refusals[found.type];
    const created = await this.#both(expected, () =>
      this.life.fileSystem.createFile(
        parent.node as Node,
        name,
        { mode: guarded ? 'guarded' : 'unchecked', attributes: truncates ? { mode, size: 0 } : { mode } },
        { caller: root },
      ),
    );
    if (created === undefined) return;
    expect(created.created).toBe(found === undefined);
    if (found === undefined) {
      const file = this.model.add('file', parent, name);
      file.mode = mode;
      file.node = created.node;
    } else {
      expect(created.node.fileid).toBe(found.node?.fileid);
      if (truncates) found.change(Buffer.alloc(0), true);
    }
  }

  #mode(): number {
    return [0o644, 0o600, 0o755, 0o444][this.#choose(4)] as number;
  }

  async #make(type: Exclude<ModelType, 'file'>): Promise<void> {
    const parent = this.#directory();
    const name = this.#name();
    const mode = this.#mode();
    const target = `target ${this.#choose(100)}`;
    this.#note(`${parent.key}${name}`);
    const node = parent.node as Node;
    const context = { caller: root };
    const { fileSystem } = this.life;
    const created = await this.#both(this.model.refusesNew(parent, name), () => {
      if (type === 'directory') return fileSystem.makeDirectory(node, name, { mode }, context);
      if (type === 'symlink') return fileSystem.makeSymlink(node, name, target, { mode }, context);
      return fileSystem.makeSpecial(node, name, 'fifo', { major: 0, minor: 0 }, { mode }, context);
    });
    if (created === undefined) return;
    const made = this.model.add(type, parent, name);
    made.mode = mode;
    made.node = created.node;
    if (type === 'symlink') made.target = target;
  }

  #bytes(): Buffer {
    const size = this.#choose(20) === 0 ? 70_000 + this.#choose(300_000) : 1 + this.#choose(3000);
    return Buffer.alloc(size, `${this.#choose(1_000_000)} `);
  }

  async #write(where: 'somewhere' | 'end' | 'beyond'): Promise<void> {
    const open = this.#pick(this.#opens.filter(({ access }) => access.write));
    const file = this.#choose(4) === 0 || open === undefined ? this.#pick(this.model.files()) : open.model;
    if (file === undefined) return;
    const data = this.#bytes();
    const { length } = file.content;
    const offset =
      where === 'end' ? length : where === 'beyond' ? length + this.#choose(5000) : this.#choose(length + 1);
    const stability = this.#choose(3) === 0 ? 'file-sync' : 'unstable';
    this.#note(`${file.key} ${data.length} bytes at ${offset} of ${length} ${stability}`);
    const result = await this.#must(() =>
      open?.model === file
        ? open.handle.write(offset, data, stability)
        : this.life.fileSystem.write(file.node as Node, offset, data, stability, root),
    );
    expect(result.count).toBe(data.length);
    const content = Buffer.alloc(Math.max(length, offset + data.length));
    file.content.copy(content);
    data.copy(content, offset);
    file.change(content, stability === 'file-sync');
  }

  async #truncate(): Promise<void> {
    const file = this.#pick(this.model.files());
    if (file === undefined) return;
    const size = this.#choose(3) === 0 ? 0 : this.#choose(file.content.length + 2000);
    this.#note(`${file.key} ${file.content.length} to ${size}`);
    await this.#must(() => this.life.fileSystem.setAttributes(file.node as Node, { size }, { caller: root }));
    const content = Buffer.alloc(size);
    file.content.copy(content, 0, 0, size);
    file.change(content, true);
  }

  /** The file as an operation with a stateid names it: by an open for that, where there is one, or without. */
  #use(file: ModelNode, access: 'read' | 'write'): FileUse {
    const open = this.#opens.find(({ model, access: has }) => model === file && has[access]);
    return { node: file.node as Node, open: this.#choose(2) === 0 ? undefined : open?.handle };
  }

  async #copy(): Promise<void> {
    const source = this.#pick(this.model.files());
    const target = this.#pick(this.model.files());
    if (source === undefined || target === undefined) return;
    const clones = this.#choose(2) === 0;
    const { length } = source.content;
    const isWhole = this.#choose(3) < 2;
    const from = isWhole ? 0 : this.#choose(length + 1);
    const count = isWhole ? length : this.#choose(length - from + 1);
    const to = isWhole ? 0 : this.#choose(target.content.length + 100);
    this.#note(`${clones ? 'clone' : 'copy'} ${count} of ${source.key} at ${from} to ${target.key} at ${to}`);
    const range = { sourceOffset: from, targetOffset: to, length: count === length - from ? 0 : count };
    if (range.length === 0 && count > 0 && this.#choose(2) === 0) range.length = count;
    // 0 stands for all that is left.
    if (count === 0 && from < length) return;
    const isSame = source === target;
    const overlaps = Math.max(from, to) < Math.min(from, to) + count;
    const expected = isSame && (!clones || overlaps) ? 'INVAL' : undefined;
    const uses = [this.#use(source, 'read'), this.#use(target, 'write')] as const;
    const { fileSystem } = this.life;
    const copied = await this.#both(expected, async () =>
      clones ? (await fileSystem.clone(...uses, range, root), count) : fileSystem.copy(...uses, range, root),
    );
    if (copied === undefined || count === 0) return;
    expect(copied).toBe(count);
    const content = Buffer.alloc(Math.max(target.content.length, to + count));
    target.content.copy(content);
    source.content.copy(content, to, from, from + count);
    target.change(content, true);
  }

  async #punch(): Promise<void> {
    const file = this.#pick(this.model.files());
    if (file === undefined || file.content.length === 0) return;
    const offset = this.#choose(file.content.length);
    const length = 1 + this.#choose(file.content.length + 100);
    this.#note(`${file.key} ${length} at ${offset}`);
    await this.#must(() => this.life.fileSystem.deallocate(this.#use(file, 'write'), offset, length, root));
    file.change(Buffer.from(file.content).fill(0, offset, Math.min(offset + length, file.content.length)), true);
  }

  async #allocate(): Promise<void> {
    const file = this.#pick(this.model.files());
    if (file === undefined) return;
    const end = file.content.length + this.#choose(3000) - 1000;
    if (end <= 0) return;
    this.#note(`${file.key} to ${end}`);
    await this.#must(() => this.life.fileSystem.allocate(this.#use(file, 'write'), 0, end, root));
    if (end <= file.content.length) return;
    file.change(Buffer.concat([file.content, Buffer.alloc(end - file.content.length)]), true);
  }

  /** Wherever a hole is told, the file has zeros. */
  async #seek(): Promise<void> {
    const file = this.#pick(this.model.files());
    if (file === undefined || file.content.length === 0) return;
    const { length } = file.content;
    const from = this.#choose(length);
    this.#note(`${file.key} from ${from}`);
    const use = this.#use(file, 'read');
    const { fileSystem } = this.life;
    const hole = await this.#must(() => fileSystem.seek(use, from, 'hole', root));
    expect(hole.offset).toBeGreaterThanOrEqual(from);
    expect(hole.isEnd).toBe(hole.offset === length);
    if (hole.isEnd) return;
    const data = await this.#must(() => fileSystem.seek(use, hole.offset, 'data', root));
    expectSame(file.content.subarray(hole.offset, data.offset), Buffer.alloc(data.offset - hole.offset), file.key);
    const read = await this.#must(() => fileSystem.readStretches(use, from, length, root));
    const parts = read.stretches.map((part) =>
      part.data === undefined ? Buffer.alloc(part.length) : Buffer.concat(part.data),
    );
    expectSame(Buffer.concat(parts), file.content.subarray(from), file.key);
    expect(read.eof).toBe(true);
  }

  async #open(): Promise<void> {
    const model = this.#pick(this.model.files().filter(({ parent }) => parent !== undefined));
    if (model === undefined || this.#opens.length >= 6) return;
    const access = [
      { read: true, write: false },
      { read: true, write: true },
      { read: false, write: true },
    ][this.#choose(3)] as OpenAccess;
    this.#note(`${model.key} ${access.write ? 'for writing' : ''}`);
    const handle = await this.#must(() => this.life.fileSystem.open(model.node as Node, access, 'open', root));
    this.#opens.push({ model, handle, access });
    model.opens++;
    if (access.write) model.writers++;
  }

  async #close(): Promise<void> {
    const open = this.#pick(this.#opens);
    if (open === undefined) return;
    this.#note(open.model.key);
    await this.#closeOne(open);
  }

  async #closeOne(open: Open): Promise<void> {
    await this.#must(() => open.handle.close());
    this.#forgetOpen(open);
    if (open.access.write && open.model.writers === 0) open.model.commit();
  }

  #forgetOpen(open: Open): void {
    this.#opens = this.#opens.filter((other) => other !== open);
    open.model.opens--;
    if (open.access.write) open.model.writers--;
    if (open.model.opens === 0) this.model.unlinked.delete(open.model);
  }

  async #commit(): Promise<void> {
    const file = this.#pick(this.model.files());
    if (file === undefined) return;
    this.#note(file.key);
    await this.#must(() => this.life.fileSystem.commit(file.node as Node, root));
    file.commit();
  }

  async #read(): Promise<void> {
    const file = this.#pick(this.model.files());
    if (file === undefined) return;
    this.#note(file.key);
    const offset = this.#choose(file.content.length + 10);
    const length = 1 + this.#choose(file.content.length + 10);
    const open = this.#opens.find(({ model }) => model === file);
    const { data, eof } = await this.#must(() =>
      open === undefined
        ? this.life.fileSystem.read(file.node as Node, offset, length, root)
        : open.handle.read(offset, length),
    );
    expectSame(Buffer.concat(data), file.content.subarray(offset, offset + length), file.key);
    expect(eof).toBe(offset + length >= file.content.length);
  }

  async #remove(): Promise<void> {
    const victim = this.#choose(5) === 0 ? undefined : this.#pick(this.model.entries());
    const parent = victim?.parent ?? this.#directory();
    const name = victim?.name ?? this.#name();
    const kind = ([undefined, undefined, 'file', 'directory'] as const)[this.#choose(4)];
    this.#note(`${parent.key}${name}`);
    await this.#both(this.model.remove(parent, name, kind), () =>
      this.life.fileSystem.remove(parent.node as Node, name, kind, { caller: root }),
    );
  }

  async #rename(): Promise<void> {
    const found = this.#choose(10) === 0 ? undefined : this.#pick(this.model.entries());
    const from = found?.parent ?? this.#directory();
    const oldName = found?.name ?? this.#name();
    const onto = this.#choose(3) === 0 ? this.#pick(this.model.entries()) : undefined;
    const to = onto?.parent ?? this.#directory();
    const newName = onto?.name ?? this.#name();
    // Whether such a file had been uploaded before decides what it is then, and that is a matter of time.
    if (found?.localOnly === true && oldName.startsWith('.nfs') && isLocalName(newName)) return;
    this.#note(`${from.key}${oldName} to ${to.key}${newName}`);
    await this.#both(this.model.rename(from, oldName, to, newName), () =>
      this.life.fileSystem.rename(from.node as Node, oldName, to.node as Node, newName, { caller: root }),
    );
  }

  /** What a client does instead of removing an open file. */
  async #silly(): Promise<void> {
    const file = this.#pick(this.#opens)?.model;
    const parent = file?.parent;
    if (file === undefined || parent === undefined) return;
    const oldName = file.name;
    const newName = `.nfs0000000${this.#choose(10)}`;
    if (parent.children.has(newName)) return;
    this.#note(`${parent.key}${oldName} to ${newName}`);
    this.model.rename(parent, oldName, parent, newName, true);
    await this.#must(() =>
      this.life.fileSystem.rename(parent.node as Node, oldName, parent.node as Node, newName, { caller: root }),
    );
  }

  async #setAttributes(): Promise<void> {
    const target = this.#pick([...this.model.all(), ...this.model.unlinked].slice(1));
    if (target === undefined) return;
    const what = this.#choose(3);
    const mode = this.#mode();
    const mtime = BigInt(this.#choose(1_000_000)) * 1_000_000_007n;
    const changes = what === 0 ? { mode } : what === 1 ? { mtime } : { uid: mode, gid: 7 };
    this.#note(`${target.key} ${Object.keys(changes).join(' ')}`);
    await this.#must(() => this.life.fileSystem.setAttributes(target.node as Node, changes, { caller: root }));
    if (what === 0) target.mode = mode;
    // What others did before in a directory may be seen after, and is then a change of now.
    else if (what === 1) target.mtime = target.unlisted ? undefined : mtime;
    else Object.assign(target, { uid: mode, gid: 7 });
    target.marker = true;
    target.stamped = true;
    target.touch('must');
  }

  async #look(): Promise<void> {
    const parent = this.#directory();
    const name = this.#name();
    const found = parent.children.get(name);
    this.#note(`${parent.key}${name}`);
    const node = await this.#both(found === undefined ? 'NOENT' : undefined, async () =>
      this.life.fileSystem.lookup(parent.node as Node, name, root),
    );
    if (found !== undefined && node !== undefined) await this.#compareNode(found, node);
  }

  /** Asks while other operations go on; what it answers is not looked at, what it does to the tree is. */
  async #lookInBackground(): Promise<void> {
    const { node } = this.#directory();
    const name = this.#name();
    const lists = this.#choose(2) === 0;
    const { fileSystem } = this.life;
    this.#background.push(
      (lists
        ? fileSystem.readDirectory(node as Node, 0, 100, root)
        : (async () => fileSystem.lookup(node as Node, name, root))()
      ).catch((error: unknown) => {
        if (!(error instanceof FileSystemError) || error.code === 'IO') throw error;
      }),
    );
    this.#background.at(-1)?.catch(() => undefined);
    return Promise.resolve();
  }

  async #list(directory: ModelNode): Promise<void> {
    this.#note(directory.key);
    if (directory.unlisted) directory.touch('may');
    directory.unlisted = false;
    const limit = [2, 3, 100][this.#choose(3)] as number;
    const seen: { name: string; node: Node }[] = [];
    let cookie = 0;
    for (let end = false; !end;) {
      const page = await this.#must(() =>
        this.life.fileSystem.readDirectory(directory.node as Node, cookie, limit, root),
      );
      expect(page.entries.length).toBeLessThanOrEqual(limit);
      for (const entry of page.entries) {
        expect(entry.cookie).toBeGreaterThan(Math.max(cookie, 2));
        ({ cookie } = entry);
        seen.push(entry);
      }
      ({ end } = page);
    }
    expect(seen.map(({ name }) => name).sort(), `entries of ${directory.key}`).toEqual(
      [...directory.children.keys()].sort(),
    );
    for (const { name, node } of seen) await this.#compareNode(directory.children.get(name) as ModelNode, node);
  }

  async #compareNode(model: ModelNode, node: Node): Promise<void> {
    if (model.node === undefined) model.node = node;
    else expect(node.fileid, `fileid of ${model.key}`).toBe(model.node.fileid);
    const attributes = await this.#must(async () => this.life.fileSystem.attributes(node));
    const { type, mode, uid, gid, size, mtime, change } = attributes;
    const { seen } = model;
    expect({ type, mode, uid, gid }, model.key).toEqual(pickAttributes(model));
    if (model.type === 'file') expect(size, `size of ${model.key}`).toBe(model.content.length);
    if (model.mtime !== undefined) expect(mtime, `mtime of ${model.key}`).toBe(model.mtime);
    if (seen !== undefined) {
      if (model.unlisted) expect(change, `change of ${model.key}`).toBeGreaterThanOrEqual(seen.change);
      else if (model.touched === 'no') expect(attributes, `attributes of ${model.key}`).toEqual(seen);
      else if (model.touched === 'must') expect(change, `change of ${model.key}`).toBeGreaterThan(seen.change);
      else expect(change, `change of ${model.key}`).toBeGreaterThanOrEqual(seen.change);
    }
    model.seen = attributes;
    model.touched = 'no';
    if (model.type === 'symlink')
      expect(await this.#must(() => this.life.fileSystem.readLink(node, root))).toBe(model.target);
  }

  /** All of the tree, contents too. */
  async verify(): Promise<void> {
    await Promise.all(this.#background.splice(0));
    await this.#compareNode(this.model.root, this.model.root.node as Node);
    for (const directory of this.model.directories()) await this.#list(directory);
    for (const file of this.model.files()) {
      expectSame(await this.#contentOf(file), file.content, file.key);
      if (file.parent === undefined) await this.#compareNode(file, file.node as Node);
    }
  }

  async #contentOf(file: ModelNode): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let offset = 0, end = false; !end;) {
      const { data, eof } = await this.#must(() => this.life.fileSystem.read(file.node as Node, offset, 50_000, root));
      pieces.push(...data);
      offset += data.reduce((sum, { length }) => sum + length, 0);
      end = eof;
    }
    return Buffer.concat(pieces);
  }

  async restart(): Promise<void> {
    await Promise.allSettled(this.#background.splice(0));
    for (const file of this.model.files()) file.commit();
    await this.#goOn(await this.life.restart());
  }

  async #killed(): Promise<void> {
    const handles = this.#handles();
    const life = await this.life.kill();
    await Promise.allSettled(this.#background.splice(0));
    await this.#goOn(life, handles);
  }

  #handles(): Map<ModelNode, Buffer> {
    const nodes = [...this.model.all(), ...this.model.unlinked];
    return new Map(nodes.flatMap((node) => (node.node === undefined ? [] : [[node, node.node.handle] as const])));
  }

  /** The next life: filehandles are the same, some clients claim their opens back, the rest is gone. */
  async #goOn(life: GatewayLife, handles = this.#handles()): Promise<void> {
    this.life = life;
    let reclaimed: () => void = () => undefined;
    life.tree.start(new Promise((resolve) => (reclaimed = resolve)));
    for (const [model, handle] of handles) {
      model.node = life.fileSystem.resolve(handle, root);
    }
    for (const open of [...this.#opens]) {
      // What a writer does not come back for goes beside the version before, which other tests see to.
      if (open.access.write || this.#choose(2) === 0) {
        open.handle = await this.#must(() =>
          life.fileSystem.open(open.model.node as Node, open.access, 'reclaim', root),
        );
      } else this.#forgetOpen(open);
    }
    for (const file of this.model.files()) await this.#adopt(file);
    reclaimed();
    await turn();
  }

  /** Takes over what is left of a file after a crash: the last committed content, or a later one. */
  async #adopt(file: ModelNode): Promise<void> {
    const content = await this.#contentOf(file);
    const index = file.possible.findLastIndex((possible) => possible.equals(content));
    if (index < 0) {
      const sizes = file.possible.map(({ length }) => length).join(', ');
      throw new Error(`${file.key} has ${content.length} bytes that it never had; it had ${sizes}`);
    }
    if (index < file.possible.length - 1) {
      file.content = file.possible[index] as Buffer;
      file.seen = undefined;
      file.mtime = undefined;
      if (file.foreign !== undefined) file.stamped = 'maybe';
    }
    file.commit();
  }

  /** Kills the gateway while it carries a change of names out; the client asks the same again afterwards. */
  async #interrupted(): Promise<void> {
    const once = this.#nextOnce();
    const directory = this.#directory();
    const name = this.#name();
    const other = this.#name();
    const what = this.#choose(3);
    const turns = this.#choose(5);
    const to = this.#directory();
    const perform = (): Promise<unknown> => {
      const { fileSystem } = this.life;
      const context = { caller: root, once };
      if (what === 0) return fileSystem.makeDirectory(directory.node as Node, name, { mode: 0o700 }, context);
      if (what === 1) return fileSystem.remove(directory.node as Node, name, undefined, context);
      return fileSystem.rename(directory.node as Node, name, to.node as Node, other, context);
    };
    this.#note(`${['directory', 'remove', 'rename'][what]} ${directory.key}${name} ${to.key}${other}`);
    const handles = this.#handles();
    const first = perform().catch(() => undefined);
    for (let i = 0; i < turns; i++) await turn();
    const life = await this.life.kill();
    await first;
    await Promise.allSettled(this.#background.splice(0));
    this.life = life;
    let reclaimed: () => void = () => undefined;
    life.tree.start(new Promise((resolve) => (reclaimed = resolve)));
    for (const [model, handle] of handles) {
      // What the operation has removed is gone for good.
      const found = await this.#ask(async () => Promise.resolve(life.fileSystem.resolve(handle, root)));
      model.node = 'code' in found ? undefined : found.value;
    }
    for (const open of [...this.#opens]) {
      const { node } = open.model;
      if (open.access.write && node !== undefined)
        open.handle = await this.#must(() => life.fileSystem.open(node, open.access, 'reclaim', root));
      else this.#forgetOpen(open);
    }
    reclaimed();
    await turn();
    const expected =
      what === 0
        ? this.model.refusesNew(directory, name)
        : what === 1
          ? this.model.remove(directory, name, undefined)
          : this.model.rename(directory, name, to, other);
    const result = await this.#both(expected, perform);
    if (what === 0 && expected === undefined) {
      const made = this.model.add('directory', directory, name);
      made.mode = 0o700;
      made.node = (result as { node: Node }).node;
    }
    for (const file of this.model.files()) await this.#adopt(file);
  }

  /** Somebody else changes the bucket, at a moment when the gateway has nothing to send. */
  async #changeForeign(): Promise<void> {
    if (!Number.isFinite(this.#ttl)) return;
    await this.life.tree.flush();
    const what = this.#choose(4);
    if (what < 2) {
      const parent = this.#directory();
      const name = names[this.#choose(5)] as string;
      if (parent.children.has(name)) return;
      const file =
        what === 0 ? this.#writeForeign(parent, name) : this.#writeForeign(this.#implicit(parent, name), 'inner');
      this.#note(`writes ${file.key}`);
    } else {
      const file = this.#pick(
        this.model.entries().filter(({ type, opens, localOnly }) => type === 'file' && opens === 0 && !localOnly),
      );
      if (file?.parent === undefined) return;
      this.#note(`${what === 2 ? 'overwrites' : 'deletes'} ${file.key}`);
      if (what === 2) this.#writeForeign(file.parent, file.name);
      else this.#deleteForeign(file, file.parent);
    }
    await sleep(this.#ttl + 2);
    await this.#meet();
  }

  #deleteForeign(file: ModelNode, parent: ModelNode): void {
    // A directory that nothing else keeps would be gone as well.
    if (!parent.marker && [...parent.children.values()].filter(({ localOnly }) => !localOnly).length < 2) return;
    this.life.store.bucket.objects.delete(file.key);
    parent.children.delete(file.name);
    parent.touchEntries();
    parent.unlisted = true;
  }

  /** Everybody closes and cleans up behind themselves; the store gets everything. */
  async finish(): Promise<void> {
    for (const open of [...this.#opens]) await this.#closeOne(open);
    for (const node of this.model.entries()) {
      if (!node.name.startsWith('.nfs')) continue;
      const { parent, name } = node;
      this.model.remove(parent as ModelNode, name, undefined);
      await this.#must(() =>
        this.life.fileSystem.remove((parent as ModelNode).node as Node, name, undefined, { caller: root }),
      );
    }
    await this.verify();
    await this.life.tree.flush();
    await this.verify();
  }
}

const refusals = {
  file: undefined,
  directory: 'ISDIR',
  symlink: 'SYMLINK',
  fifo: 'WRONGTYPE',
} as const;

function pickAttributes({ type, mode, uid, gid }: ModelNode): object {
  return { type, mode, uid, gid };
}

function expectSame(actual: Buffer, expected: Buffer, what: string): void {
  if (actual.equals(expected)) return;
  let at = 0;
  while (actual[at] === expected[at]) at++;
  const near = (buffer: Buffer): string => JSON.stringify(buffer.subarray(at, at + 12).toString('latin1'));
  throw new Error(
    `${what} differs at ${at}: ${near(actual)} instead of ${near(expected)} (${actual.length} of ${expected.length} bytes)`,
  );
}
