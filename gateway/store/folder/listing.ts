import { compareKeys } from '../key.ts';
import { StoreError, type ListedObject, type ListPage, type ListRequest } from '../object-store.ts';
import type { Directories } from './directories.ts';
import { sideFolder } from './names.ts';
import { describeFound, type Tree } from './tree.ts';

/** Objects that are looked at together. */
const width = 64;

/** A key, or a prefix that stands for all keys below it. */
interface Entry {
  readonly name: string;
  readonly rolled: boolean;
}

/** Where the next page begins: after a key, or after all that begins with a prefix. */
interface Start {
  readonly after: string;
  readonly past: boolean;
}

/** One page of the tree and of the keys that have no path. */
export async function listFolder(tree: Tree, directories: Directories, request: ListRequest): Promise<ListPage> {
  const limit = request.limit ?? 1000;
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new StoreError('InvalidRequest', `A listing has 1 to 1,000 entries, not ${limit}.`);
  }
  const walk = new Walk(tree, directories, request);
  const entries: Entry[] = [];
  let more = false;
  for await (const entry of merge(walk.paths(), walk.hidden())) {
    more = entries.length === limit;
    if (more) break;
    entries.push(entry);
  }
  const objects: ListedObject[] = [];
  const keys = entries.filter(({ rolled }) => !rolled);
  for (let begin = 0; begin < keys.length; begin += width) {
    const listed = keys
      .slice(begin, begin + width)
      .map(async ({ name: key }) => ({ key, found: await tree.find(key) }));
    for (const { key, found } of await Promise.all(listed)) {
      // What went away since its directory was read is not listed.
      if (found !== undefined) objects.push({ key, version: describeFound(found).version });
    }
  }
  const prefixes = entries.filter(({ rolled }) => rolled).map(({ name }) => name);
  const last = entries.at(-1);
  return { objects, prefixes, ...(more && last !== undefined && { continuation: encodeStart(last) }) };
}

class Walk {
  readonly #tree: Tree;
  readonly #directories: Directories;
  readonly #prefix: string;
  readonly #rolling: boolean;
  readonly #start: Start;
  readonly #goingOn: boolean;

  constructor(tree: Tree, directories: Directories, request: ListRequest) {
    this.#tree = tree;
    this.#directories = directories;
    this.#prefix = request.prefix;
    this.#rolling = request.delimiter !== undefined;
    this.#goingOn = request.continuation !== undefined;
    this.#start =
      request.continuation === undefined
        ? { after: request.startAfter ?? '', past: false }
        : decodeStart(request.continuation);
  }

  /** What files and directories stand for, in order. */
  paths(): AsyncGenerator<Entry> {
    return this.#below(this.#prefix.slice(0, this.#prefix.lastIndexOf('/') + 1));
  }

  async *#below(directory: string): AsyncGenerator<Entry> {
    // Such a prefix is no path: `a//`, `../`.
    const path = await this.#tree.folderOf(directory);
    if (path === undefined) return;
    const names = await this.#directories.names(path, this.#goingOn);
    if (directory !== '' && directory.startsWith(this.#prefix) && this.#comes(directory)) {
      if ((await this.#tree.find(directory)) !== undefined) yield { name: directory, rolled: false };
    }
    for (const name of names) {
      const key = directory + name;
      if (!key.startsWith(this.#prefix) || key === `${sideFolder}/`) continue;
      if (!name.endsWith('/') || this.#rolling) {
        if (this.#comes(key)) yield { name: key, rolled: name.endsWith('/') };
      } else if (this.#comes(key) || this.#start.after.startsWith(key)) {
        yield* this.#below(key);
      }
    }
  }

  /** Keys without a path, in order. */
  async *hidden(): AsyncGenerator<Entry> {
    let rolled = '';
    for (const key of this.#tree.hiddenKeys) {
      if (!key.startsWith(this.#prefix)) continue;
      const slash = this.#rolling ? key.indexOf('/', this.#prefix.length) : -1;
      const name = slash < 0 ? key : key.slice(0, slash + 1);
      if (!this.#comes(name) || (slash >= 0 && name === rolled)) continue;
      if (slash >= 0) rolled = name;
      yield await Promise.resolve({ name, rolled: slash >= 0 });
    }
  }

  #comes(name: string): boolean {
    const { after, past } = this.#start;
    return compareKeys(name, after) > 0 && !(past && name.startsWith(after));
  }
}

/** Two ordered walks as one; what both have is given once. */
async function* merge(first: AsyncGenerator<Entry>, second: AsyncGenerator<Entry>): AsyncGenerator<Entry> {
  let [a, b] = [await first.next(), await second.next()];
  for (;;) {
    if (a.done === true && b.done === true) return;
    const order = a.done === true ? 1 : b.done === true ? -1 : compareKeys(a.value.name, b.value.name);
    if (order <= 0 && a.done !== true) yield a.value;
    else if (b.done !== true) yield b.value;
    if (order <= 0) a = await first.next();
    if (order >= 0) b = await second.next();
  }
}

const encodeStart = ({ name, rolled }: Entry): string =>
  Buffer.from(`${rolled ? 'past' : 'after'}:${name}`).toString('base64url');

function decodeStart(continuation: string): Start {
  const text = Buffer.from(continuation, 'base64url').toString();
  const [, how, after] = /^(past|after):(.*)$/s.exec(text) ?? [];
  if (after === undefined) throw new StoreError('InvalidRequest', 'The listing cannot go on there.');
  return { after, past: how === 'past' };
}
