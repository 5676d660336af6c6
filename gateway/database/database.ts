/**
 * The gateway's local database: LMDB behind synchronous transactions. A transaction is plain code that reads and writes
 * in one go, so it needs no locks; it is visible at once, becomes durable in the background together with its
 * neighbours (one flush for many), and `durable()` waits for that. LMDB's own synchronous transactions would make the
 * event loop wait for the disk each time.
 */
import { constants } from 'node:os';
import path from 'node:path';
import { pack, unpack } from 'msgpackr';
import { open, type Database as LmdbTable, type Key as LmdbKey, type RootDatabase } from 'lmdb';
import { makeFolder, syncFolder } from './durable-folder.ts';
import { compareKeys, startsWith, type Key } from './key.ts';

/** Values are plain data: objects, arrays, strings, numbers, bigints, Buffers. They must not be changed once stored. */
export interface Table<V> {
  get(key: Key): V | undefined;
  /** Only inside `Database.transact`. */
  put(key: Key, value: V): void;
  /** Only inside `Database.transact`. */
  delete(key: Key): void;
  /** Entries whose keys begin with `prefix`, in key order; `after` is the component that follows the prefix. */
  range(
    prefix: Key,
    options?: { readonly after?: string | number; readonly limit?: number },
  ): Iterable<readonly [Key, V]>;
}

/** Milliseconds between tries to write what the disk had no room for. */
const roomRetry = 1000;

/** What LMDB says where there is no room; a write that the disk takes in part is EIO to it. Its own: MDB_MAP_FULL. */
const noRoom: ReadonlySet<unknown> = new Set([
  constants.errno.ENOSPC,
  constants.errno.EDQUOT,
  constants.errno.EIO,
  -30792,
]);

/** The stored data are from a newer program, or cannot be read or written. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  /** NOSPC: nothing is lost, and what was changed is written once there is room. */
  readonly code: 'NOSPC' | undefined;

  constructor(message: string, { code, ...options }: ErrorOptions & { readonly code?: 'NOSPC' } = {}) {
    super(message, options);
    this.code = code;
  }
}

/** Raised when what is stored changes its shape; migrations belong in `open`. */
export const schemaVersion = 1;

interface Write {
  readonly key: Key;
  /** undefined: deleted. */
  readonly value: unknown;
  /** The value as it is stored. */
  readonly packed: Buffer | undefined;
}

/** A key as a key of a Map. */
type KeyId = string | number;

type Writes = Map<KeyId, Write>;

/** Values of each table that are kept as they were unpacked, those read first going first. */
const maxUnpacked = 8192;

/** Keys of one number, and of a number and a string, are those of inodes and of entries: asked for all the time. */
function idOf(key: Key): KeyId {
  const [first, second] = key;
  if (typeof first === 'number') {
    if (key.length === 1) return first;
    if (key.length === 2 && typeof second === 'string') return `${first}/${second}`;
  }
  return JSON.stringify(key);
}

export class Database {
  readonly #root: RootDatabase;
  readonly #tables = new Map<string, StoredTable<unknown>>();
  /** Depth of nested `transact` calls. */
  #depth = 0;
  #scheduled = false;
  #flushing: Promise<void> | undefined;
  #failure: Error | undefined;
  /** The last try to write found no room; what was to be written waits for the next. */
  #shortage: DatabaseError | undefined;
  #retry: NodeJS.Timeout | undefined;

  private constructor(root: RootDatabase) {
    this.#root = root;
  }

  /**
   * @param folder made where it is missing (0700)
   * @param mapSize upper bound of the file, bytes; address space, not memory
   * @throws DatabaseError where a newer program has written the folder
   */
  static async open(folder: string, mapSize = 64 * 1024 ** 3): Promise<Database> {
    await makeFolder(folder);
    const root = open({
      path: path.join(folder, 'windlass.mdb'),
      noSubdir: true,
      mapSize,
      maxDbs: 32,
      encoding: 'binary',
      // What is batched here is one batch; LMDB's own would leave a rejected promise to nobody where it fails.
      eventTurnBatching: false,
    });
    // LMDB syncs its file and not the name of it.
    await syncFolder(folder);
    const database = new Database(root);
    const meta = database.table<number>('meta');
    const stored = meta.get(['schema']);
    if (stored !== undefined && stored > schemaVersion) {
      await database.close();
      throw new DatabaseError(
        `The data in ${folder} were written by a newer version of Windlass (format ${stored}, this one knows ${schemaVersion}). Update Windlass, or choose another data folder.`,
      );
    }
    if (stored === undefined) database.transact(() => meta.put(['schema'], schemaVersion));
    return database;
  }

  table<V>(name: string): Table<V> {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = new StoredTable<unknown>(
        this.#root.openDB({ name, keyEncoding: 'ordered-binary' }),
        () => this.#depth > 0,
      );
      this.#tables.set(name, table);
    }
    return table as StoredTable<V>;
  }

  /** Runs `body` at once; its writes are kept all together, or, where it throws, not at all. Nested calls join the outer one. */
  transact<T>(body: () => T): T {
    if (this.#failure !== undefined) throw this.#failure;
    this.#depth++;
    let done = false;
    try {
      const result = body();
      done = true;
      return result;
    } finally {
      this.#depth--;
      if (this.#depth === 0) {
        for (const table of this.#tables.values()) {
          if (done) table.keep();
          else table.discard();
        }
        if (done) this.#schedule();
      } else if (!done) {
        // The outer transaction may catch the error but can no longer be kept whole: it ends with this one.
        for (const table of this.#tables.values()) table.discard();
      }
    }
  }

  /** Before something new is begun that would need room. @throws DatabaseError NOSPC where there is none */
  requireRoom(): void {
    if (this.#shortage !== undefined) throw this.#shortage;
  }

  /**
   * Resolves when every transaction so far is on the disk.
   * @throws DatabaseError; NOSPC: not yet, for want of room; else nothing later is durable either
   */
  async durable(): Promise<void> {
    while (this.#failure === undefined && (this.#scheduled || this.#flushing !== undefined)) {
      // A flush that is under way may have begun before the last transaction: then one more follows it.
      const again = this.#scheduled;
      await (this.#flushing ?? this.#flush());
      this.requireRoom();
      if (!again) break;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {
    try {
      await this.durable();
    } finally {
      clearTimeout(this.#retry);
      await this.#root.close();
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (this.#flushing === undefined) setImmediate(() => void this.#flush());
  }

  #flush(): Promise<void> {
    if (this.#flushing !== undefined) return this.#flushing;
    if (!this.#scheduled) return Promise.resolve();
    this.#scheduled = false;
    clearTimeout(this.#retry);
    this.#flushing = this.#write()
      .then(() => (this.#shortage = undefined))
      .catch((cause: unknown) => {
        if (cause instanceof DatabaseError) {
          this.#shortage = cause;
          this.#scheduled = true;
          this.#retry = setTimeout(() => void this.#flush(), roomRetry).unref();
          return;
        }
        this.#failure = new DatabaseError(
          'The local database cannot be written; no change is safe until the gateway is started again.',
          { cause },
        );
      })
      .then(() => {
        this.#flushing = undefined;
        const goesOn = this.#scheduled && this.#failure === undefined && this.#shortage === undefined;
        if (goesOn) setImmediate(() => void this.#flush());
      });
    return this.#flushing;
  }

  /** @throws DatabaseError NOSPC where nothing was written and everything waits as before */
  async #write(): Promise<void> {
    const written: { table: StoredTable<unknown>; writes: Writes }[] = [];
    for (const table of this.#tables.values()) {
      const writes = table.take();
      if (writes.size > 0) written.push({ table, writes });
    }
    if (written.length === 0) return;
    const before = this.#lastCommitted();
    try {
      await this.#root.batch(() => {
        for (const { table, writes } of written) {
          for (const { key, packed } of writes.values()) {
            if (packed === undefined) void table.stored.remove(key as LmdbKey);
            else void table.stored.put(key as LmdbKey, packed);
          }
        }
      });
    } catch (error) {
      const cause = await causeOf(error);
      // One that can be seen was refused by the flush: whatever the system has of it cannot be relied on.
      const isUndone = this.#lastCommitted() === before;
      if (!isUndone || !noRoom.has((cause as { code?: unknown }).code)) throw cause;
      for (const { table, writes } of written) table.takeBack(writes);
      throw new DatabaseError(
        'The disk that holds the local database is full. Free some space: what was changed is kept and written then.',
        { cause, code: 'NOSPC' },
      );
    }
    await this.#root.flushed;
    this.#root.resetReadTxn();
    for (const { table, writes } of written) table.written(writes);
  }

  /** Number of LMDB's last transaction that can be seen. */
  #lastCommitted(): number {
    return (this.#root.getStats() as { readonly lastTxnId: number }).lastTxnId;
  }
}

/** Why a batch was not committed: lmdb tells it by another promise, which must not be left alone. */
async function causeOf(error: unknown): Promise<unknown> {
  const told = (error as { readonly commitError?: Promise<unknown> }).commitError;
  return told === undefined ? error : told.catch((cause: unknown) => cause);
}

class StoredTable<V> implements Table<V> {
  readonly stored: LmdbTable<unknown>;
  readonly #writable: () => boolean;
  /** Of the transaction that is running. */
  #current: Writes = new Map();
  /** Of transactions that wait for the next flush. */
  #waiting: Writes = new Map();
  /** Of the flush that is under way. */
  #flushing: Writes = new Map();
  /** What the stored table holds under some of its keys, unpacked. */
  readonly #unpacked = new Map<KeyId, V>();

  constructor(stored: LmdbTable<unknown>, writable: () => boolean) {
    this.stored = stored;
    this.#writable = writable;
  }

  get(key: Key): V | undefined {
    const id = idOf(key);
    if (this.#current.size + this.#waiting.size + this.#flushing.size > 0) {
      const write = this.#current.get(id) ?? this.#waiting.get(id) ?? this.#flushing.get(id);
      if (write !== undefined) return write.value as V | undefined;
    }
    const unpacked = this.#unpacked.get(id);
    if (unpacked !== undefined) return unpacked;
    const packed = this.stored.get(key as LmdbKey) as Buffer | undefined;
    if (packed === undefined) return undefined;
    const value = unpack(packed) as V;
    this.#remember(id, value);
    return value;
  }

  #remember(id: KeyId, value: V): void {
    this.#unpacked.set(id, value);
    for (const oldest of this.#unpacked.keys()) {
      if (this.#unpacked.size <= maxUnpacked) break;
      this.#unpacked.delete(oldest);
    }
  }

  put(key: Key, value: V): void {
    this.#record(key, value);
  }

  delete(key: Key): void {
    this.#record(key, undefined);
  }

  #record(key: Key, value: unknown): void {
    if (!this.#writable()) throw new Error('written outside of a transaction');
    // Packed now, so that a value that cannot be stored fails its own transaction and not the database.
    const packed = value === undefined ? undefined : pack(value);
    this.#current.set(idOf(key), { key, value, packed });
  }

  *range(
    prefix: Key,
    options: { readonly after?: string | number; readonly limit?: number } = {},
  ): Generator<readonly [Key, V]> {
    const { after, limit = Infinity } = options;
    const start = after === undefined ? prefix : [...prefix, after];
    const inRange = (key: Key): boolean =>
      startsWith(key, prefix) && (after === undefined || compareKeys(key, start) > 0);
    const overlay = new Map<KeyId, Write>();
    for (const writes of [this.#flushing, this.#waiting, this.#current]) {
      for (const [id, write] of writes) if (inRange(write.key)) overlay.set(id, write);
    }
    const pending = [...overlay.values()].sort((a, b) => compareKeys(a.key, b.key));
    let next = 0;
    let count = 0;
    for (const entry of this.stored.getRange(start.length > 0 ? { start: start as LmdbKey } : {})) {
      // LMDB's key codec unwraps keys of one component.
      const key = (Array.isArray(entry.key) ? entry.key : [entry.key]) as Key;
      if (!startsWith(key, prefix)) break;
      if (!inRange(key)) continue;
      let replaced = false;
      for (let write = pending[next]; write !== undefined; write = pending[next]) {
        const order = compareKeys(write.key, key);
        if (order > 0) break;
        next++;
        replaced = order === 0;
        if (write.value === undefined) continue;
        if (count++ >= limit) return;
        yield [write.key, write.value as V];
      }
      if (replaced) continue;
      if (count++ >= limit) return;
      yield [key, unpack(entry.value as Buffer) as V];
    }
    for (; next < pending.length; next++) {
      const write = pending[next];
      if (write?.value === undefined) continue;
      if (count++ >= limit) return;
      yield [write.key, write.value as V];
    }
  }

  keep(): void {
    for (const [id, write] of this.#current) this.#waiting.set(id, write);
    this.#current.clear();
  }

  discard(): void {
    this.#current.clear();
  }

  take(): Writes {
    this.#flushing = this.#waiting;
    this.#waiting = new Map();
    return this.#flushing;
  }

  /** They could not be written: later ones of the same keys count instead. */
  takeBack(writes: Writes): void {
    for (const [id, write] of writes) if (!this.#waiting.has(id)) this.#waiting.set(id, write);
    this.#flushing = new Map();
  }

  written(writes: Writes): void {
    for (const [id, { value }] of writes) {
      this.#unpacked.delete(id);
      // What was just written is what will be read.
      if (value !== undefined) this.#remember(id, value as V);
    }
    if (this.#flushing === writes) this.#flushing = new Map();
  }
}
