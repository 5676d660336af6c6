/** Opens the stores that the configuration names; exports of one connection share its sockets and credentials. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ExportConfiguration, GatewayConfiguration, S3Connection } from './configuration.ts';
import type { Database } from './database/database.ts';
import type { Log } from './log.ts';
import { FolderStore } from './store/folder/folder-store.ts';
import { StoreError, type ObjectStore } from './store/object-store.ts';
import type { ConditionSupport } from './store/s3/conditions.ts';
import { S3Endpoint } from './store/s3/endpoint.ts';
import { checkBucket, listBuckets, openS3Store } from './store/s3/open.ts';

/** Milliseconds that a store that was used before gets to answer the first request. */
const checkWait = 5000;

export class Stores {
  readonly #database: Database;
  readonly #log: Log;
  readonly #endpoints = new Map<string, S3Endpoint>();
  readonly #open: ObjectStore[] = [];

  constructor(database: Database, log: Log) {
    this.#database = database;
    this.#log = log;
  }

  #endpoint(connection: S3Connection): S3Endpoint {
    const id = JSON.stringify(connection);
    let endpoint = this.#endpoints.get(id);
    if (endpoint === undefined) {
      endpoint = new S3Endpoint(connection);
      this.#endpoints.set(id, endpoint);
    }
    return endpoint;
  }

  /** The store of an export. Of S3 nothing is asked yet: see `check`. @throws StoreError with a sentence for the user */
  async open({ connection, bucket }: ExportConfiguration): Promise<ObjectStore> {
    const store =
      connection.kind === 'folder' ? await FolderStore.open(bucket) : await this.#openBucket(connection, bucket);
    this.#open.push(store);
    return store;
  }

  #openBucket(connection: S3Connection, bucket: string): Promise<ObjectStore> {
    const known = this.#database.table<ConditionSupport>('condition support');
    const key = [connection.endpoint ?? '', bucket];
    return openS3Store(this.#endpoint(connection), bucket, {
      support: known.get(key),
      onSupport: (support) => this.#database.transact(() => known.put(key, support)),
    });
  }

  /**
   * One request that proves that a bucket can be used. One that was used before may be away for a while: clients that know
   * it are served with what is here, and their changes wait.
   * @param isKnown whether it was used before
   * @throws StoreError with a sentence for the user
   */
  async check({ name, connection, bucket, prefix }: ExportConfiguration, isKnown: boolean): Promise<void> {
    if (connection.kind === 'folder') return;
    const check = checkBucket(this.#endpoint(connection), bucket, prefix);
    if (!isKnown) return check;
    const away = (why: string): void =>
      this.#log.warn({ export: name }, `${why} Until it answers, ${name} shows what was known before.`);
    const outcome = check.catch((error: unknown) => {
      if (!(error instanceof StoreError) || !error.heals) throw error;
      away(error.message);
    });
    const silence = new AbortController();
    const isSilent = sleep(checkWait, true, { signal: silence.signal }).catch(() => false);
    if ((await Promise.race([outcome, isSilent])) === true) {
      // Whoever asks it next meets the error.
      outcome.catch(() => undefined);
      away(`The store of ${name} has not answered for ${checkWait / 1000} seconds.`);
    }
    silence.abort();
  }

  /**
   * The exports of every bucket that the credentials can list; where the endpoint does not answer, of those that they
   * could list last.
   * @throws StoreError
   */
  async everyBucket({
    connection,
    template,
  }: NonNullable<GatewayConfiguration['allBuckets']>): Promise<ExportConfiguration[]> {
    const known = this.#database.table<readonly string[]>('bucket lists');
    const key = [connection.endpoint ?? ''];
    let names: readonly string[];
    try {
      names = await listBuckets(this.#endpoint(connection));
      if (!isDeepStrictEqual(known.get(key), names)) this.#database.transact(() => known.put(key, [...names]));
    } catch (error) {
      const last = known.get(key);
      if (last === undefined || !(error instanceof StoreError) || !error.heals) throw error;
      names = last;
    }
    return names.map((name) => ({ ...template, connection, bucket: name, name }));
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((store) => store.close()));
    await Promise.all([...this.#endpoints.values()].map((endpoint) => endpoint.close()));
  }
}
