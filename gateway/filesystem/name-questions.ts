/**
 * Asks for single names of directories that are too large to be listed for one. Who goes through the names one after
 * another is given the stretch that follows with them, so that a thousand names cost two requests, not two thousand.
 */
import { Disordered, ListingReader, reaches, type ListedName, type Span } from '../cache/listing.ts';
import type { Fileid } from '../staging/records.ts';
import { compareKeys } from '../store/key.ts';
import type { ListPage, ObjectDescription } from '../store/object-store.ts';
import type { Export } from './exports.ts';
import type { KnownDirectories } from './knowledge.ts';
import type { ListingRunParts } from './listing-run.ts';

/** Names of the tree between two questions of somebody who goes through a directory, at most. */
const stride = 64;

/** By how much each stretch is longer than the one before. */
const growth = 10;

/** Names in one stretch: what S3 lists at once. */
const longest = 1000;

export interface NameQuestionsParts extends ListingRunParts {
  readonly known: KnownDirectories;
}

/** Which name, at which key. */
interface Question {
  readonly of: Export;
  readonly directory: Fileid;
  readonly name: string;
  /** Logical, of the directory. */
  readonly key: string;
  /** Of the directory in the store. */
  readonly prefix: string;
  /** Milliseconds of a monotonic clock. */
  readonly at: number;
}

/** What the store has said. */
interface Answer {
  readonly what: ListedName | undefined;
  readonly span?: Span;
}

export class NameQuestions {
  readonly #parts: NameQuestionsParts;
  /** Stretches that are being listed. */
  readonly #running = new Map<Fileid, { readonly after: string; readonly told: Promise<void> }>();

  constructor(parts: NameQuestionsParts) {
    this.#parts = parts;
  }

  /** What the store has of the name is in the tree and on the disk then. @throws StoreError */
  async ask(of: Export, directory: Fileid, name: string): Promise<void> {
    const { known, places } = this.#parts;
    const at = performance.now();
    const running = this.#running.get(directory);
    if (running !== undefined && compareKeys(name, running.after) > 0) {
      const before = known.of(directory).since(name);
      // Whoever began it meets its error.
      await running.told.catch(() => undefined);
      if (known.of(directory).since(name) > before) return;
    }
    const key = places.keyOf(directory);
    if (key === undefined) return;
    const question = { of, directory, name, key, prefix: places.physical(of.id, key), at };
    const names = of.place.store.ordered ? this.#worthwhile(directory, name) : 1;
    known.of(directory).asked = { next: justAfter(name), names };
    if (names === 1) return this.#answer(question, () => this.#one(question));
    const told = this.#answer(question, () => this.#stretch(question, names));
    const entry = { after: name, told };
    this.#running.set(directory, entry);
    try {
      await told;
    } finally {
      if (this.#running.get(directory) === entry) this.#running.delete(directory);
    }
  }

  /** How many names to ask for with this one: the more, the longer somebody has gone through the directory. */
  #worthwhile(directory: Fileid, name: string): number {
    const { known, tree } = this.#parts;
    const asked = known.of(directory).asked;
    if (asked === undefined || compareKeys(name, asked.next) < 0) return 1;
    let between = 0;
    for (const entry of tree.byName(directory, asked.next)) {
      if (compareKeys(entry.name, name) >= 0) break;
      if (++between > stride) return 1;
    }
    return Math.min(asked.names * growth, longest);
  }

  async #answer(question: Question, look: () => Promise<Answer>): Promise<void> {
    const { changes, database, known, places, reconciler, whileOpen } = this.#parts;
    const { of, directory, name, key, at } = question;
    const watch = changes.watch(of.id);
    try {
      const { what, span } = await look();
      // Renamed meanwhile: it was somebody else's key.
      if (places.keyOf(directory) !== key) return;
      const listed = { of, directory, key, watch };
      await whileOpen(async () => {
        if (span !== undefined) await reconciler.takeSpan(listed, span);
        await reconciler.takeName(listed, name, what);
        await database.durable();
      });
      known.of(directory).noteName(name, at);
      if (span !== undefined) this.#note(question, span);
    } finally {
      watch.end();
    }
  }

  #note({ directory, name, at }: Question, { to }: Span): void {
    const known = this.#parts.known.of(directory);
    known.noteStretch({ after: name, to, at });
    // The next question of who goes on comes after the stretch.
    if (to !== undefined && known.asked?.next === justAfter(name)) known.asked = { ...known.asked, next: to };
  }

  async #one({ of, directory, name, prefix }: Question): Promise<Answer> {
    const { store } = of.place;
    const head = store.head(prefix + name);
    // A file that is still there is asked for alone: what others lay below its name shows with the next listing.
    if (this.#isFile(directory, name)) {
      const object = await head;
      if (object !== undefined) return { what: { object: object.version } };
    }
    const [object, below] = await Promise.all([head, this.#isBelow(of, prefix + name)]);
    return { what: found(object, below) };
  }

  #isFile(directory: Fileid, name: string): boolean {
    const { tree } = this.#parts;
    const entry = tree.entry(directory, name);
    return entry !== undefined && tree.get(entry.fileid)?.type !== 'directory';
  }

  async #stretch({ of, name, prefix }: Question, names: number): Promise<Answer> {
    const { store } = of.place;
    const [object, page] = await Promise.all([
      store.head(prefix + name),
      store.list({ prefix, delimiter: '/', startAfter: prefix + name, limit: names }),
    ]);
    const span = spanOf(prefix, name, page);
    if (span !== undefined && reaches(span.to, name))
      return { what: found(object, span.names.get(name)?.below === true), span };
    return { what: found(object, await this.#isBelow(of, prefix + name)), ...(span === undefined ? {} : { span }) };
  }

  async #isBelow({ place }: Export, key: string): Promise<boolean> {
    return (await place.store.list({ prefix: `${key}/`, limit: 1 })).objects.length > 0;
  }
}

/** The first of all names after this one, were it one. */
const justAfter = (name: string): string => `${name}\0`;

/** undefined: the page tells nothing for certain. */
function spanOf(prefix: string, after: string, page: ListPage): Span | undefined {
  try {
    const spans = new ListingReader(prefix, { flat: false, ordered: true, after }).take(page);
    return spans.find(({ path }) => path === '');
  } catch (error) {
    if (error instanceof Disordered) return undefined;
    throw error;
  }
}

/** undefined: the store has nothing of the name. */
function found(object: ObjectDescription | undefined, below: boolean): ListedName | undefined {
  if (object === undefined && !below) return undefined;
  return { ...(object === undefined ? {} : { object: object.version }), ...(below ? { below } : {}) };
}
