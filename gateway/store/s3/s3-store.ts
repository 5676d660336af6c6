import type { CopyRequest, DeleteRequest, DeleteResult, GetRequest, GetResult, ListPage } from '../object-store.ts';
import type { ListRequest, MultipartStore, ObjectDescription, ObjectStore, Pin } from '../object-store.ts';
import type { PutRequest, StoreLimits, Version } from '../object-store.ts';
import { S3Client } from './client.ts';
import { Conditions, type ConditionSupport } from './conditions.ts';
import type { S3Context } from './context.ts';
import type { S3Endpoint } from './endpoint.ts';
import { copyObject } from './operations/copy.ts';
import { Deletions } from './operations/delete.ts';
import { getObject } from './operations/get.ts';
import { headObject } from './operations/head.ts';
import { listObjects } from './operations/list.ts';
import {
  abortUpload,
  completeUpload,
  copyPart,
  createUpload,
  listParts,
  listUploads,
  uploadPart,
} from './operations/multipart.ts';
import { putObject } from './operations/put.ts';

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;

/** AWS, "Amazon S3 multipart upload limits"; other servers have the same or take less than they say. */
const s3Limits: StoreLimits = {
  maxObject: 50_000 * gibibyte,
  maxPut: 5 * gibibyte,
  maxCopy: 5 * gibibyte,
  minPart: 5 * mebibyte,
  maxPart: 5 * gibibyte,
  maxParts: 10_000,
  maxKey: 1024,
  maxUserMetadata: 2048,
};

export interface S3StoreOptions {
  /** What an earlier run found out about conditions. */
  readonly support?: ConditionSupport | undefined;
  /** Called whenever more has been found out, with all of it: for keeping. */
  readonly onSupport?: ((support: ConditionSupport) => void) | undefined;
  /** Where the server's limits are others than AWS's. */
  readonly limits?: Partial<StoreLimits> | undefined;
}

/** One bucket. */
export class S3Store implements ObjectStore {
  readonly identity: string;
  readonly limits: StoreLimits;
  readonly ordered: boolean;
  readonly multipart: MultipartStore;
  readonly #context: S3Context;
  readonly #deletions: Deletions;
  readonly #closeEndpoint: (() => Promise<void>) | undefined;

  /** @param closeEndpoint given where the endpoint is this store's alone */
  constructor(endpoint: S3Endpoint, bucket: string, options: S3StoreOptions, closeEndpoint?: () => Promise<void>) {
    this.identity = `s3:${endpoint.connection.endpoint ?? 'aws'}/${bucket}`;
    this.limits = { ...s3Limits, ...options.limits };
    // Directory buckets (S3 Express) list in no order; their names end so.
    this.ordered = !bucket.endsWith('--x-s3');
    const client = new S3Client(endpoint, bucket);
    const conditions = new Conditions(options.support ?? {}, options.onSupport);
    const context = { bucket, client, conditions, limits: this.limits, ordered: this.ordered };
    this.#context = context;
    this.#deletions = new Deletions(context);
    this.#closeEndpoint = closeEndpoint;
    this.multipart = {
      create: (key, metadata) => createUpload(context, key, metadata),
      uploadPart: (request) => uploadPart(context, request),
      copyPart: (request) => copyPart(context, request),
      complete: (request) => completeUpload(context, request),
      abort: (key, uploadId) => abortUpload(context, key, uploadId),
      listParts: (key, uploadId) => listParts(context, key, uploadId),
      list: (prefix) => listUploads(context, prefix),
    };
  }

  list(request: ListRequest): Promise<ListPage> {
    return listObjects(this.#context, request);
  }

  head(key: string, pin?: Pin): Promise<ObjectDescription | undefined> {
    return headObject(this.#context, key, pin);
  }

  get(request: GetRequest): Promise<GetResult> {
    return getObject(this.#context, request);
  }

  put(request: PutRequest): Promise<Version> {
    return putObject(this.#context, request);
  }

  copy(request: CopyRequest): Promise<Version> {
    return copyObject(this.#context, request);
  }

  delete(requests: readonly DeleteRequest[]): Promise<readonly DeleteResult[]> {
    return this.#deletions.delete(requests);
  }

  conditional(): { readonly put: boolean | undefined; readonly delete: boolean | undefined } {
    const { conditions } = this.#context;
    return { put: conditions.get('put'), delete: conditions.get('delete') ?? conditions.get('batchDelete') };
  }

  async close(): Promise<void> {
    await this.#closeEndpoint?.();
  }
}
