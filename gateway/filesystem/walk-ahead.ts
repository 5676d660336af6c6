/** Flat listings that go ahead of somebody who walks through a tree: a page further each time he comes to what the last one told. */
import { pace } from '../cache/walks.ts';
import type { Log } from '../log.ts';
import type { Fileid } from '../staging/records.ts';
import type { Tree } from '../staging/tree.ts';
import { StoreError } from '../store/object-store.ts';
import type { ListingRun } from './listing-run.ts';

/** Walks that are remembered; the oldest are given up. */
const maxWalks = 16;

interface Walk {
  readonly run: ListingRun;
  /** Directories that the last page has told the end of. */
  readonly foreseen: Set<Fileid>;
  /** A page that is under way. */
  going: Promise<void> | undefined;
  timer: NodeJS.Timeout;
}

export class WalkAhead {
  readonly #tree: Tree;
  readonly #log: Log;
  /** By their tops, the oldest first. */
  readonly #walks = new Map<Fileid, Walk>();
  readonly #foreseen = new Map<Fileid, Walk>();
  /** Of runs that are not kept yet. */
  readonly #told = new WeakMap<ListingRun, Set<Fileid>>();

  constructor(tree: Tree, log: Log) {
    this.#tree = tree;
    this.#log = log;
  }

  /** A page has told all of the directory. */
  foresee(run: ListingRun, directory: Fileid): void {
    const told = this.#told.get(run) ?? new Set();
    told.add(directory);
    this.#told.set(run, told);
  }

  /** The listing stands where it is until somebody comes after it. */
  keep(run: ListingRun): void {
    const foreseen = this.#told.get(run) ?? new Set();
    this.#told.delete(run);
    const before = this.#walks.get(run.top);
    if (before?.run === run) this.#release(before);
    else this.#drop(before);
    if (run.isDone) {
      run.end();
      return;
    }
    const walk: Walk = {
      run,
      foreseen,
      going: undefined,
      timer: setTimeout(() => this.#drop(walk), pace),
    };
    walk.timer.unref();
    this.#walks.set(run.top, walk);
    for (const directory of foreseen) this.#foreseen.set(directory, walk);
    for (const oldest of this.#walks.values()) {
      if (this.#walks.size <= maxWalks) break;
      this.#drop(oldest);
    }
  }

  /** Somebody has come to this directory: where a listing went ahead of him, it goes on. */
  follow(directory: Fileid): void {
    const walk = this.#foreseen.get(directory);
    if (walk === undefined || walk.going !== undefined) return;
    this.#forgetForeseen(walk);
    clearTimeout(walk.timer);
    walk.going = walk.run
      .page(false)
      .then(() => {
        // Given up meanwhile.
        if (this.#walks.get(walk.run.top) === walk) this.keep(walk.run);
      })
      .catch((error: unknown) => {
        this.#drop(walk);
        // He meets the error himself if it lasts.
        if (error instanceof StoreError) this.#log.warn({ code: error.code }, error.message);
        else this.#log.error({ error }, 'A listing ahead of a walk failed unexpectedly.');
      });
  }

  /**
   * Waits for a page that is under way ahead of somebody who has come to this directory.
   * @param isWanted whether the listing goes on with the directory: then it is the caller's from now on
   */
  async resume(directory: Fileid, isWanted: (run: ListingRun) => boolean): Promise<ListingRun | undefined> {
    for (let at = this.#tree.get(directory)?.parent; at !== undefined && at !== 0; at = this.#tree.get(at)?.parent) {
      const walk = this.#walks.get(at);
      if (walk === undefined) continue;
      await walk.going;
      const present = this.#walks.get(at);
      if (present === undefined || !isWanted(present.run)) return undefined;
      this.#release(present);
      return present.run;
    }
    return undefined;
  }

  /** Gives up all of them. */
  close(): void {
    for (const walk of [...this.#walks.values()]) this.#drop(walk);
  }

  #drop(walk: Walk | undefined): void {
    if (walk === undefined) return;
    // A page that is under way ends by itself.
    if (this.#walks.get(walk.run.top) === walk) this.#release(walk);
    walk.run.end();
  }

  #release(walk: Walk): void {
    clearTimeout(walk.timer);
    this.#walks.delete(walk.run.top);
    this.#forgetForeseen(walk);
  }

  #forgetForeseen(walk: Walk): void {
    for (const directory of walk.foreseen) if (this.#foreseen.get(directory) === walk) this.#foreseen.delete(directory);
    walk.foreseen.clear();
  }
}
