/** What the pages of a listing say of directories, as they arrive. Pure. */
import { compareKeys } from '../store/key.ts';
import type { ListPage, Version } from '../store/object-store.ts';

/** One name: an object, keys below it, or both. */
export interface ListedName {
  object?: Version;
  /** Keys begin with the name and `/`. */
  below?: boolean;
}

/**
 * A stretch of one directory of which everything is known. It reaches over the names whose place, which is the name with
 * a `/` behind it, is after `from` and not after `to`: only there it is known that nothing lies below a name.
 */
export interface Span {
  /** Of the directory, below the prefix of the listing: '' or ending in `/`. */
  readonly path: string;
  /** undefined: from its beginning. Paths below the directory, as `to`. */
  readonly from: string | undefined;
  /** undefined: to its end. */
  readonly to: string | undefined;
  /** A name of the stretch that is not here is not in the store, see `tellsOf`. */
  readonly names: ReadonlyMap<string, ListedName>;
  /** Where the listing began within this directory: it has told of no object up to there, be it within the stretch. */
  readonly after: string | undefined;
  /** The zero-byte object of the directory itself, where the stretch begins with the directory. */
  readonly marker: Version | undefined;
}

/** Whether a stretch that ends at `to` reaches over the name. */
export function reaches(to: string | undefined, name: string): boolean {
  return to === undefined || compareKeys(`${name}/`, to) <= 0;
}

/** Whether the stretch tells of the object of this name: an object that it has not is not in the store. */
export function tellsOf({ from, to, after }: Pick<Span, 'from' | 'to' | 'after'>, name: string): boolean {
  if (after !== undefined && compareKeys(name, after) <= 0) return false;
  return reaches(to, name) && !(from !== undefined && reaches(from, name));
}

/** The server lists in another order than that of the keys, so nothing can be told before its last page. */
export class Disordered extends Error {
  override readonly name = 'Disordered';
}

interface OpenDirectory {
  readonly path: string;
  from: string | undefined;
  readonly names: Map<string, ListedName>;
  marker: Version | undefined;
}

export interface ListingShape {
  /** With everything below the directories too. */
  readonly flat: boolean;
  /** Whether pages come in the order of their keys; else all of them are held until the last one. */
  readonly ordered: boolean;
  /** Path below the prefix after which the listing begins; undefined: with the prefix itself. */
  readonly after?: string | undefined;
}

export class ListingReader {
  readonly #prefix: string;
  readonly #shape: ListingShape;
  /** From the top downwards; each but the first lies in the one before. */
  #open: OpenDirectory[];
  #held: ListPage[] = [];
  #last: string | undefined;

  constructor(prefix: string, shape: ListingShape) {
    this.#prefix = prefix;
    this.#shape = shape;
    this.#last = shape.after;
    this.#open = [{ path: '', from: shape.after, names: new Map(), marker: undefined }];
  }

  /** The directory in which the last page ended. */
  get deepest(): string {
    return this.#open.at(-1)?.path ?? '';
  }

  /** The stretches that are known with this page, a directory before what is in it. @throws Disordered */
  take(page: ListPage): readonly Span[] {
    this.#held.push(page);
    const isLast = page.continuation === undefined;
    if (!this.#shape.ordered && !isLast) return [];
    const paths = this.#held.flatMap(({ objects, prefixes }) => [
      ...objects.map(({ key, version }) => ({ path: key.slice(this.#prefix.length), version })),
      ...prefixes.map((key) => ({ path: key.slice(this.#prefix.length), version: undefined })),
    ]);
    this.#held = [];
    paths.sort((a, b) => compareKeys(a.path, b.path));
    const first = paths[0]?.path;
    if (first !== undefined && this.#last !== undefined && compareKeys(first, this.#last) < 0) throw new Disordered();
    const touched = [...this.#open];
    for (const { path, version } of paths) this.#add(path, version, touched);
    this.#last = paths.at(-1)?.path ?? this.#last;
    return touched.flatMap((directory) => this.#span(directory, isLast) ?? []);
  }

  #add(path: string, version: Version | undefined, touched: OpenDirectory[]): void {
    let at = this.#open.at(-1) as OpenDirectory;
    while (!path.startsWith(at.path)) {
      this.#open.pop();
      at = this.#open.at(-1) as OpenDirectory;
    }
    for (;;) {
      const rest = path.slice(at.path.length);
      if (rest === '') {
        at.marker = version;
        return;
      }
      const slash = rest.indexOf('/');
      const name = slash < 0 ? rest : rest.slice(0, slash);
      const found = at.names.get(name) ?? {};
      at.names.set(name, found);
      if (slash < 0) {
        if (version !== undefined) found.object = version;
        return;
      }
      found.below = true;
      if (!this.#shape.flat) return;
      at = { path: `${at.path}${name}/`, from: undefined, names: new Map(), marker: undefined };
      this.#open.push(at);
      touched.push(at);
    }
  }

  #span(directory: OpenDirectory, isLast: boolean): Span | undefined {
    const { path, from, marker } = directory;
    const isOpen = !isLast && this.#open.includes(directory);
    const after = path === '' ? this.#shape.after : undefined;
    if (!isOpen) return { path, from, to: undefined, after, names: directory.names, marker };
    const to = this.#last?.slice(path.length);
    if (to === undefined || to === from) return undefined;
    const names = new Map<string, ListedName>();
    for (const [name, listed] of directory.names) {
      if (!reaches(to, name)) continue;
      names.set(name, listed);
      directory.names.delete(name);
    }
    directory.from = to;
    directory.marker = undefined;
    return { path, from, to, after, names, marker };
  }
}

/** Where a flat listing begins that is to show the directory and what follows it, but little of what is before. */
export function beforeDirectory(path: string): string {
  // `.` comes before `/`, and this is the last of all characters.
  return `${path.slice(0, -1)}.\u{10ffff}`;
}
