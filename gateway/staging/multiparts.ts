/**
 * Multipart uploads that are under way, one for a file at most: kept in the database with the parts that have arrived, so
 * that an attempt goes on where the one before broke off, over a restart too, and nothing stays at the store that nobody
 * completes.
 */
import type { Database, Table } from '../database/database.ts';
import type { Log } from '../log.ts';
import { retryDelay, type RetryPolicy } from '../store/retry.ts';
import { StoreError, type ObjectMetadata, type Part } from '../store/object-store.ts';
import type { Places } from './places.ts';
import { writeIdKey } from './posix-metadata.ts';
import type { Fileid } from './records.ts';

export interface MultipartRecord {
  readonly export: number;
  /** As the store calls it. */
  readonly key: string;
  readonly uploadId: string;
  /** What it was begun with; completing it cannot change that any more. */
  readonly metadata: ObjectMetadata;
  readonly writeId: string;
}

interface SentPart extends Part {
  /** Where in the file it is, bytes. */
  readonly offset: number;
  readonly fingerprint: string;
}

export type WantedUpload = Omit<MultipartRecord, 'uploadId'>;

/** Between tries to abort what is not wanted any more. */
const abortRetry: RetryPolicy = { baseMilliseconds: 1000, capMilliseconds: 300_000, maxAttempts: Infinity };

export class Multiparts {
  readonly #database: Database;
  readonly #places: Places;
  readonly #log: Log;
  readonly #uploads: Table<MultipartRecord>;
  readonly #parts: Table<SentPart>;
  /** By export and upload id: the key. */
  readonly #abandoned: Table<string>;
  /** Whose parts are known to have arrived: those of this life, until a completion has failed. */
  readonly #known = new Set<Fileid>();
  readonly #busy = new Map<Fileid, Promise<unknown>>();
  #sweeping = false;
  /** One more was abandoned since the sweep under way has begun. */
  #isAsked = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(database: Database, places: Places, log: Log) {
    this.#database = database;
    this.#places = places;
    this.#log = log;
    this.#uploads = database.table('multipart uploads');
    this.#parts = database.table('multipart parts');
    this.#abandoned = database.table('abandoned uploads');
  }

  get(fileid: Fileid): MultipartRecord | undefined {
    return this.#uploads.get([fileid]);
  }

  /** The part, where it was sent and its bytes are still these. */
  sent(fileid: Fileid, partNumber: number, fingerprint: string): Part | undefined {
    const part = this.#parts.get([fileid, partNumber]);
    if (part?.fingerprint !== fingerprint) return undefined;
    const { etag, size } = part;
    return { partNumber, etag, size };
  }

  /** Work on the uploads of one file is done one after the other. */
  async exclusively<T>(fileid: Fileid, work: () => Promise<T>): Promise<T> {
    const before = this.#busy.get(fileid) ?? Promise.resolve();
    const now = before.catch(() => undefined).then(work);
    this.#busy.set(fileid, now);
    try {
      return await now;
    } finally {
      if (this.#busy.get(fileid) === now) this.#busy.delete(fileid);
    }
  }

  /**
   * The upload of the file to that key: the one that is under way, whose parts have been looked for at the store where it
   * comes from an earlier life, else a new one.
   * @throws StoreError PreconditionFailed where that one has been completed, though nobody heard of it
   */
  async open(fileid: Fileid, wanted: WantedUpload): Promise<MultipartRecord> {
    const record = this.get(fileid);
    const isRight = record?.export === wanted.export && record.key === wanted.key;
    if (record !== undefined && isRight && (await this.#isThere(fileid, record))) return record;
    if (record !== undefined) this.abandon(fileid);
    const { multipart } = this.#places.require(wanted.export).store;
    const uploadId = await multipart.create(wanted.key, wanted.metadata);
    const begun = { ...wanted, uploadId };
    this.#database.transact(() => this.#uploads.put([fileid], begun));
    this.#known.add(fileid);
    // Before anything is sent that would stay at the store unseen.
    await this.#database.durable();
    return begun;
  }

  /** Whether the store still has the upload; parts that it does not have are forgotten. */
  async #isThere(fileid: Fileid, { export: exportId, key, uploadId, writeId }: MultipartRecord): Promise<boolean> {
    if (this.#known.has(fileid)) return true;
    const { store } = this.#places.require(exportId);
    try {
      const arrived = new Map((await store.multipart.listParts(key, uploadId)).map((part) => [part.partNumber, part]));
      this.#database.transact(() => {
        for (const [position, { partNumber, etag, size }] of this.#parts.range([fileid])) {
          const part = arrived.get(partNumber);
          if (part?.etag !== etag || part.size !== size) this.#parts.delete([...position]);
        }
      });
      this.#known.add(fileid);
      return true;
    } catch (error) {
      if (!(error instanceof StoreError) || error.heals) throw error;
      // Whoever may not list parts (s3:ListMultipartUploadParts) sends them all once more.
      if (error.code !== 'NoSuchUpload' && error.code !== 'NotFound') return false;
    }
    this.#database.transact(() => this.forget(fileid));
    const found = await store.head(key);
    if (found?.metadata.user[writeIdKey] !== writeId) return false;
    throw new StoreError('PreconditionFailed', 'The upload was completed, and its answer was lost.');
  }

  /** A part of that upload has arrived. */
  keep(fileid: Fileid, uploadId: string, part: Part & { readonly offset: number }, fingerprint: string): void {
    this.#database.transact(() => {
      if (this.get(fileid)?.uploadId === uploadId) this.#parts.put([fileid, part.partNumber], { ...part, fingerprint });
    });
  }

  /** The next attempt asks the store what has arrived. */
  doubt(fileid: Fileid): void {
    this.#known.delete(fileid);
  }

  /** Inside a transaction: the upload is complete. */
  forget(fileid: Fileid): void {
    this.#known.delete(fileid);
    this.#uploads.delete([fileid]);
    for (const [position] of [...this.#parts.range([fileid])]) this.#parts.delete([...position]);
  }

  /** The upload is not wanted any more: it is aborted, however often that takes. */
  abandon(fileid: Fileid): void {
    const record = this.get(fileid);
    if (record === undefined) return;
    this.#database.transact(() => {
      this.#abandoned.put([record.export, record.uploadId], record.key);
      this.forget(fileid);
    });
    // A part that arrives after its upload was aborted would stay (AWS: AbortMultipartUpload).
    void (this.#busy.get(fileid) ?? Promise.resolve()).catch(() => undefined).then(() => this.sweep());
  }

  /**
   * After a start: parts whose bytes are not the file's any more are forgotten before anything new is written, since new
   * segments may be called as theirs were. Uploads that nobody will complete are abandoned.
   * @param fingerprint of bytes of the file as it is; undefined: nothing of it waits to be sent
   */
  recall(fingerprint: (fileid: Fileid, offset: number, length: number) => string | undefined): void {
    this.#database.transact(() => {
      for (const [position, part] of [...this.#parts.range([])]) {
        if (fingerprint(position[0] as Fileid, part.offset, part.size) !== part.fingerprint)
          this.#parts.delete([...position]);
      }
    });
  }

  /** Aborts uploads of files of which nothing waits to be sent, and what could not be aborted before. */
  start(isWanted: (fileid: Fileid) => boolean): void {
    for (const [[fileid]] of [...this.#uploads.range([])]) {
      if (!isWanted(fileid as Fileid)) this.abandon(fileid as Fileid);
    }
    void this.sweep();
  }

  /** Aborts what is not wanted any more; what cannot be aborted now is tried again. */
  async sweep(): Promise<void> {
    this.#isAsked = true;
    if (this.#sweeping) return;
    this.#sweeping = true;
    clearTimeout(this.#timer);
    let isDone = true;
    while (this.#isAsked && !this.#stopped) {
      this.#isAsked = false;
      isDone = await this.#sweepOnce();
    }
    this.#sweeping = false;
    if (this.#stopped) return;
    this.#failures = isDone ? 0 : this.#failures + 1;
    if (isDone) return;
    this.#timer = setTimeout(() => void this.sweep(), retryDelay(abortRetry, this.#failures, Math.random())).unref();
  }

  /** @returns whether nothing is left but what belongs to exports that are not served */
  async #sweepOnce(): Promise<boolean> {
    let isDone = true;
    for (const [position, key] of [...this.#abandoned.range([])]) {
      const [exportId, uploadId] = position as unknown as [number, string];
      const place = this.#places.get(exportId);
      if (place === undefined) continue;
      try {
        await place.store.multipart.abort(key, uploadId);
        if (this.#stopped) return false;
        this.#database.transact(() => this.#abandoned.delete([...position]));
      } catch (error) {
        if (this.#stopped) return false;
        isDone = false;
        this.#log.debug({ error }, 'An upload that is not wanted any more could not be aborted; it is tried again.');
      }
    }
    return isDone;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
