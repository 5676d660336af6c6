/**
 * Keeps the tree in line with the store: whoever needs a name or a whole directory asks here first. A listing that is
 * fresh enough answers at no request; one that is under way answers as far as it has come.
 */
import { beforeDirectory } from '../cache/listing.ts';
import { Walks } from '../cache/walks.ts';
import type { Database } from '../database/database.ts';
import type { Log } from '../log.ts';
import type { ChangeLog } from '../staging/change-log.ts';
import type { Notices } from '../staging/notices.ts';
import type { Places } from '../staging/places.ts';
import type { Fileid, InodeRecord } from '../staging/records.ts';
import { gatewayRoot, type Tree } from '../staging/tree.ts';
import { StoreError } from '../store/object-store.ts';
import type { Export, Exports } from './exports.ts';
import { KnownDirectories } from './knowledge.ts';
import { ListingProgress, ListingRun, type Stretch } from './listing-run.ts';
import { NameQuestions } from './name-questions.ts';
import { isName } from './names.ts';
import { Outages } from './outages.ts';
import { Reconciler } from './reconciler.ts';
import { WalkAhead } from './walk-ahead.ts';

/** Milliseconds that a listing of a large directory counts when only its attributes are asked for. */
const largeAge = 60_000;

/** How often a directory is listed that is renamed meanwhile. */
const maxTries = 3;

export interface DirectoriesParts {
  readonly database: Database;
  readonly tree: Tree;
  readonly changes: ChangeLog;
  readonly places: Places;
  readonly exports: Exports;
  readonly notices: Notices;
  readonly log: Log;
  /** The inode has vanished from the store and from its directory. */
  readonly onVanished: (fileid: Fileid) => void;
  /** Somebody else has written the file: those who have it open stay on the version before. */
  readonly onReplaced: (fileid: Fileid, before: InodeRecord) => void;
}

export class Directories {
  readonly #parts: DirectoriesParts;
  readonly #reconciler: Reconciler;
  readonly #known = new KnownDirectories();
  readonly #listings = new Map<Fileid, ListingProgress>();
  readonly #walks = new Walks<Fileid>();
  readonly #ahead: WalkAhead;
  readonly #outages: Outages;
  readonly #names: NameQuestions;
  /** What is being written to the database. */
  readonly #writing = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(parts: DirectoriesParts) {
    this.#parts = parts;
    this.#reconciler = new Reconciler(parts);
    this.#ahead = new WalkAhead(parts.tree, parts.log);
    this.#outages = new Outages(parts.log);
    const whileOpen = <T>(work: () => Promise<T>): Promise<T> => this.#whileOpen(work);
    this.#names = new NameQuestions({ ...parts, reconciler: this.#reconciler, known: this.#known, whileOpen });
  }

  /** Nothing more is written to the database once it resolves; requests to the store that are under way come to nothing. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#ahead.close();
    this.#outages.close();
    await Promise.allSettled(this.#writing);
  }

  async #whileOpen<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw stopping();
    const writing = work();
    this.#writing.add(writing);
    try {
      return await writing;
    } finally {
      this.#writing.delete(writing);
    }
  }

  /** The next question about the directory is answered by the store. */
  invalidate(directory: Fileid): void {
    this.#known.forget(directory);
  }

  /** Everything in the directory is known at this moment. */
  know(directory: Fileid): void {
    this.#known.of(directory).listed = performance.now();
  }

  /** Whether the directory has keys that no name can show: then it is not empty, whatever it looks like. */
  hasHidden(directory: Fileid): boolean {
    return (this.#known.get(directory)?.hidden ?? 0) > 0;
  }

  /**
   * Brings the tree up to date for one name of the directory; undefined: it is. Rejects with StoreError where nothing was
   * known before.
   */
  ensureName(directory: Fileid, name: string): Promise<void> | undefined {
    const of = this.#remote(directory);
    if (of === undefined || !isName(name) || this.#isOurs(directory, name)) return undefined;
    const known = this.#known.get(directory);
    if (this.#isFresh(of, known?.since(name))) {
      this.#ahead.follow(directory);
      return undefined;
    }
    const isKnown = this.#wasListed(directory) || this.#parts.tree.entry(directory, name) !== undefined;
    return this.#ask(of, isKnown, async () => {
      const running = this.#listings.get(directory);
      if (running?.isDecided(name) === true) return;
      if (known?.large !== true && (await this.#isInListing(of, directory, name))) return;
      await this.#names.ask(of, directory, name);
    });
  }

  /** Lists the directory for one of its names. @returns false where it is large: then the name has to be asked for */
  async #isInListing(of: Export, directory: Fileid, name: string): Promise<boolean> {
    const progress = this.#list(of, directory, false);
    do {
      await progress.more();
      if (progress.isDecided(name)) return true;
    } while (!progress.hasEnded && this.#known.get(directory)?.large !== true);
    return false;
  }

  /** Brings the tree up to date for the whole directory. @throws StoreError where nothing was known before */
  async ensureListed(directory: Fileid): Promise<void> {
    const of = this.#remote(directory);
    const listed = this.#known.get(directory)?.listed;
    if (of === undefined || this.#isFresh(of, listed)) return;
    await this.#ask(of, this.#wasListed(directory), () => this.#listAll(of, directory, () => false));
  }

  /** Lists the directory until it is known to its end, or enough of it. */
  async #listAll(
    of: Export,
    directory: Fileid,
    isEnough: (progress: ListingProgress) => boolean,
  ): Promise<ListingProgress | undefined> {
    const before = this.#known.get(directory)?.listed;
    // One that had begun for a single name may end just now, and renames may take the keys away from under it.
    for (let tries = 0; tries < maxTries; tries++) {
      const progress = this.#list(of, directory, true);
      do {
        await progress.more();
        if (!progress.hasEnded && isEnough(progress)) return progress;
      } while (!progress.hasEnded);
      if (this.#known.get(directory)?.listed !== before || this.#remote(directory) === undefined) return undefined;
    }
    return undefined;
  }

  /**
   * As `ensureListed`, but done as soon as the directory is known to have something in it.
   * @throws StoreError where nothing was known before
   */
  async ensureEmptinessKnown(directory: Fileid): Promise<void> {
    const of = this.#remote(directory);
    const listed = this.#known.get(directory)?.listed;
    if (of === undefined || this.#isFresh(of, listed)) return;
    const isFilled = (progress: ListingProgress): boolean => {
      for (const { name } of this.#parts.tree.byName(directory)) if (progress.isDecided(name)) return true;
      return false;
    };
    await this.#ask(of, this.#wasListed(directory), () => this.#listAll(of, directory, isFilled));
  }

  /**
   * Somebody reads the directory.
   * @param begins from the start; else he goes on with what he has begun
   * @returns how far it is known while that is still being found out; undefined: all that there is to know is known
   * @throws StoreError where nothing was known before
   */
  async read(directory: Fileid, begins: boolean): Promise<ListingProgress | undefined> {
    const of = this.#remote(directory);
    if (of === undefined) return undefined;
    const known = this.#known.get(directory);
    const running = this.#listings.get(directory);
    if (begins) this.#walks.read(directory, performance.now());
    else if (running?.isWanted === true) return running;
    else if (known?.listed !== undefined) return undefined;
    if (this.#isFresh(of, known?.listed)) {
      this.#ahead.follow(directory);
      return undefined;
    }
    let progress: ListingProgress | undefined;
    await this.#ask(of, this.#wasListed(directory), async () => {
      progress = await this.#listAll(of, directory, () => true);
    });
    return progress;
  }

  /** As `ensureListed`, for a directory that somebody has read before; a large one less often, and nobody waits for it. */
  refresh(directory: Fileid): Promise<void> | undefined {
    const known = this.#known.get(directory);
    const of = this.#remote(directory);
    if (of === undefined || known?.listed === undefined || this.#isFresh(of, known.listed)) return undefined;
    if (!known.large) return this.ensureListed(directory);
    if (performance.now() - known.listed < largeAge || this.#listings.has(directory)) return undefined;
    this.ensureListed(directory).catch((error: unknown) => {
      if (error instanceof StoreError) this.#parts.log.warn({ code: error.code }, error.message);
      else this.#parts.log.error({ error }, 'A directory could not be listed again.');
    });
    return undefined;
  }

  /** The export of a directory that the store may know more of. */
  #remote(directory: Fileid): Export | undefined {
    if (this.#isClosed) throw stopping();
    const record = this.#parts.tree.get(directory);
    return record?.remote === true ? this.#parts.exports.byId(record.export) : undefined;
  }

  /** Milliseconds for which what is known of the name goes unasked; Infinity: it is decided here alone. */
  knownFor(directory: Fileid, name: string): number {
    const of = this.#remote(directory);
    if (of === undefined || this.#isOurs(directory, name)) return Infinity;
    const since = this.#known.get(directory)?.since(name) ?? -Infinity;
    return Math.max(0, since + of.configuration.metadataTtl * 1000 - performance.now());
  }

  #isFresh({ configuration }: Export, since: number | undefined): boolean {
    return since !== undefined && since >= performance.now() - configuration.metadataTtl * 1000;
  }

  /** All that the store had in the directory is in the tree, from this run of the gateway or an earlier one. */
  #wasListed(directory: Fileid): boolean {
    return this.#known.get(directory)?.listed !== undefined || this.#parts.tree.get(directory)?.listed === true;
  }

  /** A store that cannot be reached is no error where an earlier answer is known: that goes on to count. */
  #ask(of: Export, isKnown: boolean, question: () => Promise<unknown>): Promise<void> {
    return this.#outages.ask(of, isKnown, async () => {
      await this.#parts.exports.sample(of);
      await question();
    });
  }

  /** The name's state is decided here alone, whatever the store says. */
  #isOurs(directory: Fileid, name: string): boolean {
    const { changes, tree } = this.#parts;
    const entry = tree.entry(directory, name);
    if (entry === undefined) return false;
    return changes.isPublishPending(entry.fileid) || tree.get(entry.fileid)?.localOnly === true;
  }

  /**
   * One listing for all who need it at the same time.
   * @param whole not just its first page
   */
  #list(of: Export, directory: Fileid, whole: boolean): ListingProgress {
    const running = this.#listings.get(directory);
    if (running !== undefined) {
      running.isWanted ||= whole;
      return running;
    }
    const progress = new ListingProgress();
    progress.isWanted = whole;
    this.#listings.set(directory, progress);
    const listing = this.#run(of, directory, progress);
    const ended = (failure?: Error): void => {
      this.#listings.delete(directory);
      progress.end(failure);
    };
    listing.then(
      () => ended(),
      (error: unknown) => ended(error as Error),
    );
    return progress;
  }

  async #run(of: Export, directory: Fileid, progress: ListingProgress): Promise<void> {
    const { places } = this.#parts;
    if (await this.#isWalked(of, directory, progress)) return;
    const key = places.keyOf(directory);
    if (key === undefined) return;
    progress.advance('');
    const started = performance.now();
    const run = this.#newRun({ of, top: directory, key }, { flat: false });
    try {
      do {
        await run.page(progress.isWanted);
        if (!run.isDone) this.#known.of(directory).large = true;
      } while (!run.isDone && progress.isWanted);
      if (!run.isDone && progress.to !== undefined)
        this.#known.of(directory).noteStretch({ after: undefined, to: progress.to, at: started });
    } finally {
      run.end();
    }
  }

  /** Where somebody walks through the tree around the directory, flat listings answer it and what follows. @returns whether they did */
  async #isWalked(of: Export, directory: Fileid, progress: ListingProgress): Promise<boolean> {
    const { places, tree } = this.#parts;
    const { parent, name } = tree.get(directory) ?? { parent: 0, name: '' };
    if (parent === 0 || parent === gatewayRoot || of.configuration.metadataTtl === 0) return false;
    if (!of.place.store.ordered || !this.#walks.isWalk(parent, progress.isWanted, performance.now())) return false;
    const before = this.#known.get(directory)?.listed;
    const isAnswered = (): boolean => this.#known.get(directory)?.listed !== before;
    const key = places.keyOf(directory);
    const parentKey = places.keyOf(parent);
    if (key === undefined || parentKey === undefined) return false;
    const resumed = await this.#ahead.resume(directory, (run) => !isAnswered() && this.#isFresh(of, run.since(key)));
    if (isAnswered()) {
      this.#ahead.follow(directory);
      return true;
    }
    const run =
      resumed ?? this.#newRun({ of, top: parent, key: parentKey }, { flat: true, after: beforeDirectory(`${name}/`) });
    try {
      do await run.page(false);
      while (
        // Its own entries go on; but a large directory in it may not keep those who read it waiting.
        !isAnswered() &&
        !run.isDone &&
        run.deepest === key &&
        progress.isWanted
      );
    } catch (error) {
      run.end();
      throw error;
    }
    this.#ahead.keep(run);
    return isAnswered();
  }

  #newRun(
    which: { readonly of: Export; readonly top: Fileid; readonly key: string },
    shape: { readonly flat: boolean; readonly after?: string },
  ): ListingRun {
    const whileOpen = <T>(work: () => Promise<T>): Promise<T> => this.#whileOpen(work);
    const parts = { ...this.#parts, reconciler: this.#reconciler, whileOpen };
    const run: ListingRun = new ListingRun(parts, which, shape, (stretch) => this.#note(run, stretch));
    return run;
  }

  #note(run: ListingRun, { directory, isWhole, to, names, hidden, since }: Stretch): void {
    const { database, tree } = this.#parts;
    if (!isWhole) return;
    if (to === undefined) {
      const known = this.#known.of(directory);
      known.noteAll(since);
      known.large = names >= 1000;
      this.#reportHidden(run.of, directory, known.hidden, hidden);
      known.hidden = hidden;
      // For the next run: with the store away, a name that is not in the tree is taken to be free.
      if (tree.get(directory)?.listed !== true) database.transact(() => tree.update(directory, { listed: true }));
      if (directory !== run.top) this.#ahead.foresee(run, directory);
    }
    this.#listings.get(directory)?.advance(to);
  }

  /** Keys that no name can show are never lost: they are counted and reported. */
  #reportHidden(of: Export, directory: Fileid, before: number, hidden: number): void {
    const { notices, places } = this.#parts;
    const key = places.keyOf(directory);
    if (hidden === 0 || hidden === before || key === undefined) return;
    notices.add({
      kind: 'hidden',
      export: of.id,
      key,
      message: `${hidden} keys below ${key === '' ? 'the top of the bucket' : key} cannot be shown as files: another name hides them, or no file can have theirs. Rename them with an S3 tool to see them here.`,
    });
  }
}

const stopping = (): StoreError => new StoreError('Unavailable', 'The gateway is being stopped.');
