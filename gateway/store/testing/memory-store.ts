/**
 * Objects in memory, as S3 has them: what tests of the file system upload to. Every request can be delayed, refused, or
 * carried out without an answer; every one is counted.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { compareKeys, requireKey } from '../key.ts';
import {
  StoreError,
  type Body,
  type Condition,
  type CopyRequest,
  type DeleteRequest,
  type DeleteResult,
  type GetRequest,
  type GetResult,
  type ListPage,
  type ListRequest,
  type ObjectDescription,
  type ObjectMetadata,
  type ObjectStore,
  type Pin,
  type PutRequest,
  type StoreLimits,
  type Version,
} from '../object-store.ts';
import { MemoryUploads } from './memory-uploads.ts';

export type RequestKind =
  | 'list'
  | 'head'
  | 'get'
  | 'put'
  | 'copy'
  | 'delete'
  | 'create-upload'
  | 'upload-part'
  | 'copy-part'
  | 'complete'
  | 'abort'
  | 'list-parts'
  | 'list-uploads';

/** What becomes of a request. Times in milliseconds. */
export interface Fate {
  /** Before it is carried out. */
  readonly before?: number;
  /** From then to the answer. */
  readonly after?: number;
  /** `unsent`: never carried out; `lost`: carried out, but the answer does not arrive (of a GET, the second half). */
  readonly fails?: 'unsent' | 'lost';
}

export interface StoredObject {
  readonly body: Buffer;
  readonly metadata: ObjectMetadata;
  readonly version: Version;
}

/** What stores with one identity share. */
export class MemoryBucket {
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new MemoryUploads();
  /** Whether a copy has another ETag than its source, as those of multipart and of encrypted objects have. */
  readonly #uniqueEtags: boolean;
  #writes = 0;

  constructor(options: { readonly uniqueEtags?: boolean } = {}) {
    this.#uniqueEtags = options.uniqueEtags ?? false;
  }

  write(key: string, body: Buffer, metadata: ObjectMetadata): Version {
    const hash = createHash('md5').update(body);
    if (this.#uniqueEtags) hash.update(`write ${++this.#writes}`);
    const version: Version = {
      etag: `"${hash.digest('hex')}"`,
      size: body.length,
      lastModified: Math.floor(Date.now() / 1000),
    };
    this.objects.set(key, { body, metadata, version });
    return version;
  }

  /** In the order of listings. */
  keys(): string[] {
    return [...this.objects.keys()].sort(compareKeys);
  }
}

const limits: StoreLimits = {
  maxObject: 2 ** 40,
  maxPut: 2 ** 30,
  maxCopy: 2 ** 40,
  minPart: 5 * 1024 * 1024,
  maxPart: 2 ** 30,
  maxParts: 10_000,
  maxKey: 1024,
  maxUserMetadata: 2048,
};

export interface MemoryStoreOptions {
  readonly bucket?: MemoryBucket;
  readonly identity?: string;
  /** Asked for every request. */
  readonly fate?: (kind: RequestKind, key: string) => Fate;
  /** Most entries of a page. */
  readonly pageSize?: number;
  /** Added to `lastModified` in the answers of writes, seconds: a store that does not tell it, and whose clock differs. */
  readonly clockError?: number;
}

/** One gateway's way to a bucket. */
export class MemoryStore implements ObjectStore {
  readonly identity: string;
  readonly limits = limits;
  readonly ordered = true;
  readonly bucket: MemoryBucket;
  readonly multipart: ObjectStore['multipart'];
  /** Requests so far, by kind. */
  readonly counts = new Map<RequestKind, number>();
  readonly #fate: (kind: RequestKind, key: string) => Fate;
  readonly #pageSize: number;
  readonly #clockError: number;
  #isCut = false;

  constructor(options: MemoryStoreOptions = {}) {
    this.bucket = options.bucket ?? new MemoryBucket();
    this.identity = options.identity ?? 'memory';
    this.#fate = options.fate ?? (() => ({}));
    this.#pageSize = options.pageSize ?? 1000;
    this.#clockError = options.clockError ?? 0;
    this.multipart = this.bucket.uploads.asStore({
      bucket: this.bucket,
      request: (kind, key, perform) => this.#request(kind, key, perform),
      check: (key, condition) => this.#check(key, condition),
      find: (key, pin) => this.#find(key, pin),
      written: (version) => this.#written(version),
    });
  }

  /** From now on nothing is carried out any more, be it asked or under way: the gateway is dead. */
  cut(): void {
    this.#isCut = true;
  }

  /** How many requests there were; of one kind or of all. */
  count(kind?: RequestKind): number {
    if (kind !== undefined) return this.counts.get(kind) ?? 0;
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  async #request<T>(kind: RequestKind, key: string, perform: (fate: Fate) => T): Promise<T> {
    this.counts.set(kind, this.count(kind) + 1);
    const fate = this.#fate(kind, key);
    const { before, after, fails } = fate;
    if (before !== undefined) await sleep(before);
    if (this.#isCut || fails === 'unsent') throw unavailable();
    const result = attempt(() => perform(fate));
    if (after !== undefined) await sleep(after);
    else await Promise.resolve();
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it may have been cut off while it was waited for
    if (this.#isCut || (fails === 'lost' && kind !== 'get')) throw unavailable();
    if ('error' in result) throw result.error;
    return result.value;
  }

  #check(key: string, condition: Condition | undefined): void {
    if (condition === undefined) return;
    const found = this.bucket.objects.get(key);
    if ('absent' in condition ? found === undefined : found?.version.etag === condition.etag) return;
    // S3 answers 404 to If-Match of a key that is not there.
    throw new StoreError(found === undefined ? 'NotFound' : 'PreconditionFailed', `${key} is not as required.`);
  }

  #find(key: string, pin?: Pin): StoredObject {
    const found = this.bucket.objects.get(key);
    if (found === undefined) throw new StoreError('NotFound', `There is no ${key}.`);
    if (pin !== undefined && pin.etag !== found.version.etag)
      throw new StoreError('PreconditionFailed', `${key} is at another version.`);
    return found;
  }

  #written(version: Version): Version {
    return { ...version, lastModified: version.lastModified + this.#clockError };
  }

  async list(request: ListRequest): Promise<ListPage> {
    const { prefix, delimiter, startAfter, limit = 1000, continuation } = request;
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
      throw new StoreError('InvalidRequest', 'A page has 1 to 1,000 entries.');
    return this.#request('list', prefix, () => {
      const most = Math.min(limit, this.#pageSize);
      const objects: { key: string; version: Version }[] = [];
      const prefixes: string[] = [];
      const after = continuation ?? startAfter ?? '';
      for (const key of this.bucket.keys()) {
        if (!key.startsWith(prefix) || compareKeys(key, after) <= 0) continue;
        const end = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
        const rolled = end < 0 ? undefined : key.slice(0, end + 1);
        if (rolled !== undefined && (rolled === prefixes.at(-1) || after.startsWith(rolled))) continue;
        if (objects.length + prefixes.length === most) {
          const last = [objects.at(-1)?.key ?? '', prefixes.at(-1) ?? ''].sort(compareKeys)[1] as string;
          return { objects, prefixes, continuation: last };
        }
        if (rolled === undefined) objects.push({ key, version: this.#find(key).version });
        else prefixes.push(rolled);
      }
      return { objects, prefixes };
    });
  }

  async head(key: string, pin?: Pin): Promise<ObjectDescription | undefined> {
    return this.#request('head', key, () => {
      if (!this.bucket.objects.has(key)) return undefined;
      return describe(this.#find(key, pin));
    });
  }

  async get({ key, range, pin, signal }: GetRequest): Promise<GetResult> {
    requireKey(key, limits.maxKey);
    signal?.throwIfAborted();
    const { found, breaks } = await this.#request('get', key, ({ fails }) => ({
      found: this.#find(key, pin),
      breaks: fails === 'lost',
    }));
    const bytes = range === undefined ? found.body : found.body.subarray(range.offset, range.offset + range.length);
    const body = breaks ? Readable.from(halfOf(bytes)) : Readable.from(bytes.length > 0 ? [bytes] : []);
    return { ...describe(found), body };
  }

  async put({ key, body, metadata, condition, signal }: PutRequest): Promise<Version> {
    requireKey(key, limits.maxKey);
    signal?.throwIfAborted();
    const bytes = await bytesOf(body);
    return this.#request('put', key, () => {
      this.#check(key, condition);
      return this.#written(this.bucket.write(key, bytes, metadata));
    });
  }

  async copy({ sourceKey, pin, targetKey, metadata, condition }: CopyRequest): Promise<Version> {
    requireKey(targetKey, limits.maxKey);
    return this.#request('copy', targetKey, () => {
      const source = this.#find(sourceKey, pin);
      this.#check(targetKey, condition);
      return this.#written(this.bucket.write(targetKey, source.body, metadata ?? source.metadata));
    });
  }

  async delete(requests: readonly DeleteRequest[]): Promise<readonly DeleteResult[]> {
    if (requests.length > 1000) throw new StoreError('InvalidRequest', 'At most 1,000 keys can be deleted at once.');
    if (requests.length === 0) return [];
    return this.#request('delete', requests[0]?.key ?? '', () =>
      requests.map(({ key, etag }) => {
        const found = this.bucket.objects.get(key);
        if (found !== undefined && etag !== undefined && found.version.etag !== etag)
          return { key, error: new StoreError('PreconditionFailed', `${key} has changed.`) };
        this.bucket.objects.delete(key);
        return { key };
      }),
    );
  }

  conditional(): { put: boolean | undefined; delete: boolean | undefined } {
    return { put: true, delete: true };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function unavailable(): StoreError {
  return new StoreError('Unavailable', 'The store does not answer.');
}

function attempt<T>(perform: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: perform() };
  } catch (error) {
    return { error };
  }
}

function describe({ version, metadata }: StoredObject): ObjectDescription {
  const { tags } = metadata;
  return { version, metadata, ...(tags === undefined ? {} : { tagCount: Object.keys(tags).length }) };
}

/** @throws StoreError Corrupt where the body is not of its size */
export async function bytesOf(body: Body): Promise<Buffer> {
  if (Buffer.isBuffer(body)) return Buffer.from(body);
  const bytes = await buffer(body.open());
  if (bytes.length !== body.size)
    throw new StoreError('Corrupt', `The body had ${bytes.length} of ${body.size} bytes.`);
  return bytes;
}

async function* halfOf(bytes: Buffer): AsyncGenerator<Buffer> {
  if (bytes.length > 1) yield await Promise.resolve(bytes.subarray(0, bytes.length >> 1));
  throw unavailable();
}
