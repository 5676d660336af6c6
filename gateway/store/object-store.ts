/**
 * Objects under keys, as S3 has them. s3/ and folder/ implement this; contract.ts is the suite that both pass.
 * Nothing here knows of files, names or NFS.
 */
import type { Readable } from 'node:stream';

/** What names one version of an object's bytes and metadata. */
export interface Version {
  /** As the store gives it, quotes included. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** Seconds since the epoch; stores that know fractions cut them. */
  readonly lastModified: number;
  /** Only from buckets that keep versions, and never from a listing. */
  readonly versionId?: string;
  /** As in S3 (`STANDARD`, `GLACIER`, …); undefined where the store has none. */
  readonly storageClass?: string;
}

export interface ListedObject {
  readonly key: string;
  readonly version: Version;
}

export interface ListRequest {
  /** Only keys that begin with this. */
  readonly prefix: string;
  /** Keys that go on past a `/` after the prefix are rolled into `prefixes`. Without it the listing is flat. */
  readonly delimiter?: '/';
  /**
   * Only keys after this one, in UTF-8 byte order; servers differ on whether a rolled-up prefix is given that it lies in.
   * Ignored where `continuation` is given.
   */
  readonly startAfter?: string;
  /** At most so many keys and prefixes together, 1..1000; the store may return fewer. */
  readonly limit?: number;
  /** From the page before. */
  readonly continuation?: string;
}

export interface ListPage {
  /** In UTF-8 byte order of the keys, unless the store says `ordered: false`. */
  readonly objects: readonly ListedObject[];
  /** Rolled-up prefixes, each ending in `/`. */
  readonly prefixes: readonly string[];
  /** Present where there is more. */
  readonly continuation?: string;
}

/** Metadata that travels with an object. Header names in `user` are lower case and without `x-amz-meta-`. */
export interface ObjectMetadata {
  readonly user: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  /** HTTP date, as the store gives it. */
  readonly expires?: string;
  readonly storageClass?: string;
  readonly websiteRedirectLocation?: string;
  /** Only where it is set for this object (SSE-KMS); what a bucket encrypts with by default is no object's metadata. */
  readonly encryption?: Encryption;
  /** Object tags. `head` reads them; `get` and listings do not: compare with `tagCount` before a rewrite. */
  readonly tags?: Readonly<Record<string, string>>;
}

export interface Encryption {
  /** As in x-amz-server-side-encryption: `aws:kms`, `aws:kms:dsse`. */
  readonly algorithm: string;
  readonly keyId?: string;
  readonly bucketKey?: boolean;
}

export interface ObjectDescription {
  readonly version: Version;
  readonly metadata: ObjectMetadata;
  /** How many tags the object has; undefined: none, or none that we may read. */
  readonly tagCount?: number;
}

/** The state a write requires its key to be in; undefined: none. `absent` is If-None-Match: *, `etag` is If-Match. */
export type Condition = { readonly absent: true } | { readonly etag: string };

/** Pins a read to a version: If-Match by ETag, or the versionId itself. */
export type Pin = { readonly etag: string; readonly versionId?: string };

/** A byte range: `length` bytes from `offset`. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface GetRequest {
  readonly key: string;
  readonly range?: ByteRange;
  readonly pin?: Pin;
  readonly signal?: AbortSignal;
}

export interface GetResult extends ObjectDescription {
  /** The bytes of the range (short at the end of the object). Must be read to its end or destroyed. */
  readonly body: Readable;
}

/** What is uploaded: bytes at hand, or something that can be read again from its start when a request is repeated. */
export type Body = Buffer | { readonly size: number; open(purpose?: BodyPurpose): Readable };

/** `digest`: it is only hashed, and does not count as sent. */
export type BodyPurpose = 'digest';

export interface PutRequest {
  readonly key: string;
  readonly body: Body;
  readonly metadata: ObjectMetadata;
  readonly condition?: Condition;
  readonly signal?: AbortSignal;
}

export interface CopyRequest {
  readonly sourceKey: string;
  /** Of the source; the copy fails with PreconditionFailed where it has changed. */
  readonly pin?: Pin;
  readonly targetKey: string;
  /** Size of the source, bytes: above 5 GB the copy is made in parts. */
  readonly size: number;
  /** Replaces the source's metadata; without it everything is carried over, tags too. */
  readonly metadata?: ObjectMetadata;
  /** What S3 does not carry over by itself, where the caller knows it of the source. For copies without `metadata`. */
  readonly carry?: Pick<ObjectMetadata, 'storageClass' | 'encryption'>;
  readonly condition?: Condition;
}

export interface DeleteRequest {
  readonly key: string;
  /** Only where the key is at this ETag still. */
  readonly etag?: string;
}

export type DeleteResult = { readonly key: string; readonly error?: StoreError };

export interface Part {
  /** 1..10,000; numbers may be left out. */
  readonly partNumber: number;
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** Base64, where the store gave one; repeated when the upload is completed. */
  readonly checksum?: string;
}

/** Multipart uploads, for objects too large for one PUT and for changes inside large ones. */
export interface MultipartStore {
  create(key: string, metadata: ObjectMetadata): Promise<string>;
  uploadPart(request: {
    key: string;
    uploadId: string;
    partNumber: number;
    body: Body;
    signal?: AbortSignal;
  }): Promise<Part>;
  copyPart(request: {
    key: string;
    uploadId: string;
    partNumber: number;
    sourceKey: string;
    pin: Pin;
    range: ByteRange;
  }): Promise<Part>;
  complete(request: { key: string; uploadId: string; parts: readonly Part[]; condition?: Condition }): Promise<Version>;
  abort(key: string, uploadId: string): Promise<void>;
  /** What has arrived of an upload, in the order of the parts' numbers. @throws StoreError NoSuchUpload */
  listParts(key: string, uploadId: string): Promise<readonly Part[]>;
  /** Uploads that were begun and neither completed nor aborted. */
  list(prefix: string): Promise<readonly { key: string; uploadId: string; initiated: number }[]>;
}

/** Sizes in bytes. */
export interface StoreLimits {
  readonly maxObject: number;
  readonly maxPut: number;
  readonly maxCopy: number;
  readonly minPart: number;
  readonly maxPart: number;
  readonly maxParts: number;
  /** UTF-8 bytes. */
  readonly maxKey: number;
  /** Sum of names and values of user metadata, bytes. */
  readonly maxUserMetadata: number;
}

export interface ObjectStore {
  /** Names the place for good: endpoint and bucket, or folder. Two stores with one identity hold the same objects. */
  readonly identity: string;
  readonly limits: StoreLimits;
  /** False where listings come in no particular order (S3 directory buckets). */
  readonly ordered: boolean;
  readonly multipart: MultipartStore;
  list(request: ListRequest): Promise<ListPage>;
  /** undefined where the key does not exist. */
  head(key: string, pin?: Pin): Promise<ObjectDescription | undefined>;
  /** @throws StoreError NotFound, PreconditionFailed (the pinned version is gone), InvalidRange … */
  get(request: GetRequest): Promise<GetResult>;
  put(request: PutRequest): Promise<Version>;
  copy(request: CopyRequest): Promise<Version>;
  /** Deletes up to 1,000 keys; a key that is not there counts as deleted. */
  delete(requests: readonly DeleteRequest[]): Promise<readonly DeleteResult[]>;
  /**
   * Whether conditions on PUT and on DELETE are honoured. Unknown until the first conditional write has been tried: the
   * store finds it out then, by repeating that PUT with a condition that must fail, and remembers.
   */
  conditional(): { readonly put: boolean | undefined; readonly delete: boolean | undefined };
  close(): Promise<void>;
}

/** One code per cause; filesystem/ and the upload queue decide by these alone. */
export type StoreErrorCode =
  | 'NotFound'
  | 'NoSuchBucket'
  | 'NoSuchUpload'
  | 'PreconditionFailed'
  | 'AccessDenied'
  /** Wrong or expired credentials. */
  | 'Unauthenticated'
  | 'ClockSkew'
  /** The object is in an archive class. */
  | 'Archived'
  | 'TooLarge'
  | 'InvalidKey'
  | 'InvalidRequest'
  | 'NotSupported'
  | 'NoSpace'
  /** 5xx, SlowDown, time-outs, resets, DNS: may heal by itself. */
  | 'Unavailable'
  /** The bytes that arrived are not the bytes that were sent. */
  | 'Corrupt';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  /** @param message a sentence for the user, with the remedy where there is one; never a secret */
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Whether trying again later may succeed without anybody doing anything. */
  get heals(): boolean {
    return (
      this.code === 'Unavailable' ||
      this.code === 'ClockSkew' ||
      this.code === 'Unauthenticated' ||
      this.code === 'Corrupt'
    );
  }
}
