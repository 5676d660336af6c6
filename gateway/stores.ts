/** Opens the stores that the configuration names; exports of one connection share its sockets and credentials. */
import type { ExportConfiguration, GatewayConfiguration, S3Connection } from './configuration.ts';
import type { Database } from './database/database.ts';
import { FolderStore } from './store/folder/folder-store.ts';
import type { ObjectStore } from './store/object-store.ts';
import type { ConditionSupport } from './store/s3/conditions.ts';
import { S3Endpoint } from './store/s3/endpoint.ts';
import { checkBucket, listBuckets, openS3Store } from './store/s3/open.ts';

export class Stores {
  readonly #database: Database;
  readonly #endpoints = new Map<string, S3Endpoint>();
  readonly #open: ObjectStore[] = [];

  constructor(database: Database) {
    this.#database = database;
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

  /**
   * The store of an export, after one request that proves it can be used.
   * @throws StoreError with a sentence for the user
   */
  async open({ connection, bucket, prefix }: ExportConfiguration): Promise<ObjectStore> {
    const store =
      connection.kind === 'folder'
        ? await FolderStore.open(bucket)
        : await this.#openBucket(connection, bucket, prefix);
    this.#open.push(store);
    return store;
  }

  async #openBucket(connection: S3Connection, bucket: string, prefix: string): Promise<ObjectStore> {
    const endpoint = this.#endpoint(connection);
    await checkBucket(endpoint, bucket, prefix);
    const known = this.#database.table<ConditionSupport>('condition support');
    const key = [connection.endpoint ?? '', bucket];
    return openS3Store(endpoint, bucket, {
      support: known.get(key),
      onSupport: (support) => this.#database.transact(() => known.put(key, support)),
    });
  }

  /** The exports of every bucket that the credentials can list. @throws StoreError */
  async everyBucket({
    connection,
    template,
  }: NonNullable<GatewayConfiguration['allBuckets']>): Promise<ExportConfiguration[]> {
    const names = await listBuckets(this.#endpoint(connection));
    return names.map((name) => ({ ...template, connection, bucket: name, name }));
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((store) => store.close()));
    await Promise.all([...this.#endpoints.values()].map((endpoint) => endpoint.close()));
  }
}
