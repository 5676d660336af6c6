/**
 * The tree of names and inodes as this gateway presents it: what the store held when it was last looked at, with every
 * local change applied. All methods are synchronous; those that write run inside `Database.transact`.
 */
import type { Database, Table } from '../database/database.ts';
import type { EntryRecord, Fileid, InodeRecord } from './records.ts';

/** The root of the gateway's name space, which is no inode. */
export const gatewayRoot = 1 as Fileid;

const firstFileid = 2;

/** Fileids that a crash may have given out and forgotten; none of them may come to mean another file. */
const forgotten = 100_000;
const firstCookie = 3;

export class Tree {
  readonly #inodes: Table<InodeRecord>;
  readonly #entries: Table<EntryRecord>;
  readonly #cookies: Table<string>;
  readonly #counters: Table<number>;
  /** What `unsettled` gives, by fileid: a start must not read a million inodes to find the few. */
  readonly #unsettled: Table<true>;
  readonly #database: Database;
  /** Records ahead of the database: changes that no client has asked to be committed yet. */
  readonly #uncommitted = new Map<Fileid, InodeRecord>();

  constructor(database: Database) {
    this.#database = database;
    this.#inodes = database.table('inodes');
    this.#entries = database.table('entries');
    this.#cookies = database.table('cookies');
    this.#counters = database.table('counters');
    this.#unsettled = database.table('unsettled inodes');
  }

  get(fileid: Fileid): InodeRecord | undefined {
    return this.#uncommitted.get(fileid) ?? this.#inodes.get([fileid]);
  }

  /** As `get`, of an inode that must be there. */
  require(fileid: Fileid): InodeRecord {
    const record = this.get(fileid);
    if (record === undefined) throw new Error(`inode ${fileid} is gone`);
    return record;
  }

  add(record: InodeRecord): Fileid {
    const fileid = (this.#counters.get(['fileid']) ?? firstFileid) as Fileid;
    this.#counters.put(['fileid'], fileid + 1);
    this.#store(fileid, compact(record));
    return fileid;
  }

  /** Changes some fields, in what is stored and in what is not committed yet. */
  update(fileid: Fileid, fields: Partial<InodeRecord>): void {
    const stored = this.#inodes.get([fileid]);
    if (stored !== undefined) this.#store(fileid, compact({ ...stored, ...fields }));
    const ahead = this.#uncommitted.get(fileid);
    if (ahead !== undefined) this.#uncommitted.set(fileid, compact({ ...ahead, ...fields }));
  }

  /** Changes some fields in memory alone, until `commit`; a crash before forgets them. Needs no transaction. */
  updateUncommitted(fileid: Fileid, fields: Partial<InodeRecord>): void {
    this.#uncommitted.set(fileid, { ...this.require(fileid), ...fields });
  }

  /**
   * Stores the content side of `record`, which was the uncommitted state when the bytes were made durable. What was
   * changed since stays uncommitted.
   */
  commitContent(fileid: Fileid, record: InodeRecord): void {
    const stored = this.#inodes.get([fileid]);
    if (stored === undefined) return;
    const { size, staged } = record;
    // Times may have been set since.
    const { mtime, ctime, change } = this.#uncommitted.get(fileid) ?? stored;
    this.#store(fileid, { ...stored, size, mtime, ctime, change, ...(staged === undefined ? {} : { staged }) });
    if (this.#uncommitted.get(fileid) === record) this.#uncommitted.delete(fileid);
  }

  /** Forgets the inode; its entry, if it has one, must be gone. */
  drop(fileid: Fileid): void {
    this.#uncommitted.delete(fileid);
    this.#inodes.delete([fileid]);
    if (this.#unsettled.get([fileid]) !== undefined) this.#unsettled.delete([fileid]);
  }

  #store(fileid: Fileid, record: InodeRecord): void {
    this.#inodes.put([fileid], record);
    const isKept = isUnsettled(record);
    if (isKept === (this.#unsettled.get([fileid]) !== undefined)) return;
    if (isKept) this.#unsettled.put([fileid], true);
    else this.#unsettled.delete([fileid]);
  }

  entry(directory: Fileid, name: string): EntryRecord | undefined {
    return this.#entries.get([directory, name]);
  }

  /** Gives the inode its name. The inode's record says so too. */
  link(directory: Fileid, name: string, fileid: Fileid): void {
    const cookie = this.#counters.get(['cookie', directory]) ?? firstCookie;
    this.#counters.put(['cookie', directory], cookie + 1);
    this.#entries.put([directory, name], { fileid, cookie });
    this.#cookies.put([directory, cookie], name);
  }

  unlink(directory: Fileid, name: string): void {
    const entry = this.entry(directory, name);
    if (entry === undefined) return;
    this.#entries.delete([directory, name]);
    this.#cookies.delete([directory, entry.cookie]);
  }

  /** Entries in the order of their cookies, above `after`. */
  *byCookie(directory: Fileid, after: number, limit: number): Generator<EntryRecord & { readonly name: string }> {
    for (const [key, name] of this.#cookies.range([directory], { after, limit })) {
      const entry = this.entry(directory, name);
      if (entry !== undefined && entry.cookie === key[1]) yield { ...entry, name };
    }
  }

  /** Entries in the UTF-8 order of their names, above `after`. */
  *byName(directory: Fileid, after?: string, limit?: number): Generator<EntryRecord & { readonly name: string }> {
    const options = { ...(after === undefined ? {} : { after }), ...(limit === undefined ? {} : { limit }) };
    for (const [key, entry] of this.#entries.range([directory], options)) yield { ...entry, name: key[1] as string };
  }

  hasEntries(directory: Fileid): boolean {
    return !this.byName(directory).next().done;
  }

  /** Before anything is added in a new run: leaves out the fileids that the last one may have given and not stored. */
  begin(): void {
    const next = this.#counters.get(['fileid']);
    this.#database.transact(() => {
      if (next !== undefined) this.#counters.put(['fileid'], next + forgotten);
      this.#indexUnsettled();
    });
  }

  /** Once, for a database of before there was this index. */
  #indexUnsettled(): void {
    if (this.#counters.get(['unsettled inodes']) !== undefined) return;
    this.#counters.put(['unsettled inodes'], 1);
    for (const [key, record] of this.#inodes.range([])) if (isUnsettled(record)) this.#unsettled.put(key, true);
  }

  /** Inodes that have staged bytes, or no name, for the start. */
  *unsettled(): Generator<readonly [Fileid, InodeRecord]> {
    for (const [[first]] of this.#unsettled.range([])) {
      const fileid = first as Fileid;
      yield [fileid, this.require(fileid)];
    }
  }

  /** Names from the export's root down to the inode; undefined where it has none. */
  path(fileid: Fileid): readonly string[] | undefined {
    const names: string[] = [];
    let record = this.get(fileid);
    while (record !== undefined && record.parent !== gatewayRoot) {
      if (record.parent === 0) return undefined;
      names.push(record.name);
      record = this.get(record.parent);
    }
    return record === undefined ? undefined : names.reverse();
  }

  /** Whether `ancestor` is `fileid` or a directory above it. */
  isWithin(fileid: Fileid, ancestor: Fileid): boolean {
    for (let at: Fileid | 0 = fileid; at !== 0 && at !== gatewayRoot; at = this.get(at)?.parent ?? 0) {
      if (at === ancestor) return true;
    }
    return false;
  }

  /** Runs `body` as one transaction of the database. */
  transact<T>(body: () => T): T {
    return this.#database.transact(body);
  }
}

function isUnsettled({ staged, parent }: InodeRecord): boolean {
  return staged !== undefined || parent === 0;
}

/** Without fields that are undefined, which is how a field is taken away. */
function compact(record: InodeRecord): InodeRecord {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined),
  ) as unknown as InodeRecord;
}

/** The next value of `change`: it never repeats, not even after a crash that lost the last ones. */
export function nextChange(previous: number): number {
  return Math.max(previous + 1, Date.now() * 1000);
}
