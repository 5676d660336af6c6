/**
 * What the user should know or do: conflicts, recovered copies, hidden keys, refused deletes. Kept in the database until
 * they are dismissed, and logged when they come.
 */
import type { Database, Table } from '../database/database.ts';
import type { Log } from '../log.ts';

export type NoticeKind =
  /** Somebody else has written the same object: both versions are kept. */
  | 'conflict'
  /** Bytes that were committed before a crash, and that nobody came back for, are beside the version before. */
  | 'recovered'
  /** Keys that no path can name. */
  | 'hidden'
  /** A delete did not happen, because others have changed the object. */
  | 'kept'
  /** S3 refuses a delete for good: the file appears again. */
  | 'refused-delete'
  /** Others have deleted an object before a change of ours reached it. */
  | 'vanished'
  /** S3 refuses an upload; its data are kept. */
  | 'failed-upload'
  /** The version that somebody has open is gone from the store. */
  | 'unreadable';

export interface NewNotice {
  readonly kind: NoticeKind;
  readonly export: number;
  /** The key or prefix that it is about, in the bucket. */
  readonly key: string;
  /** A sentence for the user that names the remedy; never a secret. */
  readonly message: string;
}

/** What makes two notices the same one. */
export type About = Pick<NewNotice, 'kind' | 'export' | 'key'>;

export interface Notice extends NewNotice {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** Hears of notices that come, and of those that go: dismissed, replaced, or over by themselves. */
export interface NoticeListener {
  added?(notice: Notice): void;
  dismissed?(id: number): void;
}

/** The oldest go where there are more. */
const maxNotices = 1000;

export class Notices {
  readonly #database: Database;
  readonly #log: Log;
  readonly #table: Table<Notice>;
  /** Ids by what a notice is about: the same thing again replaces the one before. */
  readonly #byAbout = new Map<string, number>();
  readonly #listeners = new Set<NoticeListener>();
  #next = 1;

  constructor(database: Database, log: Log) {
    this.#database = database;
    this.#log = log;
    this.#table = database.table('notices');
    for (const [, notice] of this.#table.range([])) {
      this.#byAbout.set(aboutOf(notice), notice.id);
      this.#next = notice.id + 1;
    }
  }

  /** Inside or outside of a transaction. */
  add(notice: NewNotice): void {
    const added: Notice = { ...notice, id: this.#next++, time: Date.now() };
    const about = aboutOf(added);
    const before = this.#byAbout.get(about);
    const oldest = this.#byAbout.size >= maxNotices ? this.all()[0]?.id : undefined;
    this.#database.transact(() => {
      if (before !== undefined) this.dismiss(before);
      else if (oldest !== undefined) this.dismiss(oldest);
      this.#table.put([added.id], added);
    });
    this.#byAbout.set(about, added.id);
    this.#log.warn({ notice: added.kind, key: added.key }, added.message);
    for (const listener of this.#listeners) listener.added?.(added);
  }

  /** Oldest first. */
  all(): readonly Notice[] {
    return [...this.#table.range([])].map(([, notice]) => notice);
  }

  /** The user has seen it. @returns whether there was one */
  dismiss(id: number): boolean {
    const notice = this.#table.get([id]);
    if (notice === undefined) return false;
    this.#byAbout.delete(aboutOf(notice));
    this.#database.transact(() => this.#table.delete([id]));
    for (const listener of this.#listeners) listener.dismissed?.(id);
    return true;
  }

  find(about: About): Notice | undefined {
    const id = this.#byAbout.get(aboutOf(about));
    return id === undefined ? undefined : this.#table.get([id]);
  }

  /** What it was about is over by itself. */
  resolve(about: About): void {
    const id = this.#byAbout.get(aboutOf(about));
    if (id !== undefined) this.dismiss(id);
  }

  /** @returns what ends the subscription */
  listen(listener: NoticeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function aboutOf({ kind, export: exportId, key }: About): string {
  return `${kind} ${exportId} ${key}`;
}
