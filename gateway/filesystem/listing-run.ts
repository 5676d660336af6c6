/** One listing that is under way: page by page from the store into the tree. */
import { Disordered, ListingReader, reaches, type ListingShape } from '../cache/listing.ts';
import type { Database } from '../database/database.ts';
import type { ChangeLog, Watch } from '../staging/change-log.ts';
import type { Places } from '../staging/places.ts';
import type { Fileid } from '../staging/records.ts';
import type { Tree } from '../staging/tree.ts';
import type { ListPage } from '../store/object-store.ts';
import type { Export } from './exports.ts';
import type { Reconciler } from './reconciler.ts';

export interface ListingRunParts {
  readonly database: Database;
  readonly tree: Tree;
  readonly changes: ChangeLog;
  readonly places: Places;
  readonly reconciler: Reconciler;
  /** Writes to the database, which must not be closed meanwhile. @throws StoreError where it is about to be */
  readonly whileOpen: <T>(work: () => Promise<T>) => Promise<T>;
}

/** What a page has told of a directory. */
export interface Stretch {
  readonly directory: Fileid;
  /** It is known from its beginning. */
  readonly isWhole: boolean;
  /** Up to here; undefined: to its end. */
  readonly to: string | undefined;
  /** Names in it so far. */
  readonly names: number;
  /** Keys in it so far that no name can show. */
  readonly hidden: number;
  /** When the first request that told of it was sent, milliseconds of a monotonic clock. */
  readonly since: number;
}

interface Progress {
  isWhole: boolean;
  names: number;
  hidden: number;
  since: number;
}

export class ListingRun {
  readonly of: Export;
  readonly top: Fileid;
  /** Logical key of the top. */
  readonly key: string;
  readonly #parts: ListingRunParts;
  readonly #shape: ListingShape;
  readonly #prefix: string;
  readonly #watch: Watch;
  readonly #onStretch: (stretch: Stretch) => void;
  /** By path below the top: directories that are not done. */
  readonly #progress = new Map<string, Progress>();
  #reader: ListingReader;
  #continuation: string | undefined;
  #next: Promise<ListPage> | undefined;
  /** When `#next` was asked for. */
  #asked = 0;
  #isDone = false;

  /** @param key logical; the top's name must stand for it still when a page arrives, else the page counts for nothing */
  constructor(
    parts: ListingRunParts,
    { of, top, key }: { readonly of: Export; readonly top: Fileid; readonly key: string },
    shape: Omit<ListingShape, 'ordered'>,
    onStretch: (stretch: Stretch) => void,
  ) {
    this.#parts = parts;
    this.of = of;
    this.top = top;
    this.key = key;
    this.#shape = { ...shape, ordered: of.place.store.ordered };
    this.#prefix = parts.places.physical(of.id, key);
    this.#reader = new ListingReader(this.#prefix, this.#shape);
    this.#watch = parts.changes.watch(of.id);
    this.#onStretch = onStretch;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Key of the directory in which the last page ended. */
  get deepest(): string {
    return this.key + this.#reader.deepest;
  }

  /** Where the next pages go on with this directory, of which all is known so far: since when. */
  since(key: string): number | undefined {
    const progress = this.#progress.get(key.slice(this.key.length));
    return progress?.isWhole === true && this.deepest.startsWith(key) ? progress.since : undefined;
  }

  /**
   * Takes in one page. What it tells is in the tree and on the disk then.
   * @param ahead asks for the one after it as soon as it has arrived
   * @throws StoreError
   */
  async page(ahead: boolean): Promise<void> {
    const page = await (this.#next ?? this.#ask());
    const since = this.#asked;
    this.#next = undefined;
    this.#continuation = page.continuation;
    if (ahead && this.#continuation !== undefined) void this.#ask();
    await this.#parts.whileOpen(() => this.#take(page, since));
  }

  async #take(page: ListPage, since: number): Promise<void> {
    const { database, tree } = this.#parts;
    let spans;
    try {
      spans = this.#reader.take(page);
    } catch (error) {
      if (!(error instanceof Disordered)) throw error;
      // Nothing was told wrongly so far but what may be missing; from the beginning, and all at once.
      this.#reader = new ListingReader(this.#prefix, { ...this.#shape, ordered: false });
      this.#continuation = undefined;
      this.#next = undefined;
      return;
    }
    this.#isDone = page.continuation === undefined;
    const stretches: Stretch[] = [];
    for (const span of spans) {
      const directory = this.#directoryAt(span.path);
      if (directory === undefined) continue;
      const listed = { of: this.of, directory, key: this.key + span.path, watch: this.#watch };
      const progress = this.#progress.get(span.path) ?? {
        isWhole: span.from === undefined,
        names: 0,
        hidden: 0,
        since,
      };
      progress.hidden += await this.#parts.reconciler.takeSpan(listed, span);
      progress.names += span.names.size;
      if (span.to === undefined) this.#progress.delete(span.path);
      else this.#progress.set(span.path, progress);
      if (tree.get(directory) !== undefined) stretches.push({ directory, to: span.to, ...progress });
    }
    // Whoever asked will be given filehandles of what was found, and they are for ever.
    await database.durable();
    for (const stretch of stretches) this.#onStretch(stretch);
  }

  /** No more pages: what is done here meanwhile need not be remembered. */
  end(): void {
    this.#watch.end();
    this.#next?.catch(() => undefined);
  }

  #ask(): Promise<ListPage> {
    const { flat, after } = this.#shape;
    this.#asked = performance.now();
    this.#next = this.of.place.store.list({
      prefix: this.#prefix,
      ...(flat ? {} : { delimiter: '/' as const }),
      ...(this.#continuation !== undefined
        ? { continuation: this.#continuation }
        : after === undefined
          ? {}
          : { startAfter: this.#prefix + after }),
    });
    // Whoever takes the page meets its error.
    this.#next.catch(() => undefined);
    return this.#next;
  }

  /** The directory, where it is still the one that was asked about and its keys are where they were looked for. */
  #directoryAt(path: string): Fileid | undefined {
    const { places, tree } = this.#parts;
    let at: Fileid | undefined = this.top;
    for (const name of path.split('/')) {
      if (name === '' || at === undefined) continue;
      at = tree.entry(at, name)?.fileid;
    }
    if (at === undefined || tree.get(at)?.type !== 'directory') return undefined;
    const key = this.key + path;
    return places.keyOf(at) === key && places.physical(this.of.id, key) === this.#prefix + path ? at : undefined;
  }
}

/** How far a directory is known while a listing of it is under way, for those who read it meanwhile. */
export class ListingProgress {
  /** Somebody wants all of it, not just one name. */
  isWanted = false;
  #to: string | undefined = '';
  #hasEnded = false;
  #failure: Error | undefined;
  #waiting: (() => void)[] = [];

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get to(): string | undefined {
    return this.#to;
  }

  isDecided(name: string): boolean {
    return reaches(this.#to, name);
  }

  advance(to: string | undefined): void {
    this.#to = to;
    this.#wake();
  }

  end(failure?: Error): void {
    this.#hasEnded = true;
    this.#failure = failure;
    this.#wake();
  }

  #wake(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Resolves when more is known, or all. @throws StoreError */
  async more(): Promise<void> {
    if (!this.#hasEnded) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#failure !== undefined) throw this.#failure;
  }
}
