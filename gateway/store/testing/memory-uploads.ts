/** The multipart uploads of a MemoryBucket. */
import { createHash } from 'node:crypto';
import {
  StoreError,
  type Condition,
  type MultipartStore,
  type ObjectMetadata,
  type Pin,
  type Version,
} from '../object-store.ts';
import { bytesOf, type MemoryBucket, type RequestKind, type StoredObject } from './memory-store.ts';

interface Upload {
  readonly key: string;
  readonly metadata: ObjectMetadata;
  readonly initiated: number;
  readonly parts: Map<number, { readonly body: Buffer; readonly etag: string }>;
}

/** What the uploads need of the store through which they are asked for. */
export interface Requests {
  readonly bucket: MemoryBucket;
  readonly request: <T>(kind: RequestKind, key: string, perform: () => T) => Promise<T>;
  /** @throws StoreError */
  readonly check: (key: string, condition: Condition | undefined) => void;
  /** @throws StoreError */
  readonly find: (key: string, pin: Pin) => StoredObject;
  readonly written: (version: Version) => Version;
}

export class MemoryUploads {
  readonly #uploads = new Map<string, Upload>();
  #next = 1;

  /** How many were begun and neither completed nor aborted. */
  get unfinished(): number {
    return this.#uploads.size;
  }

  #find(uploadId: string): Upload {
    const upload = this.#uploads.get(uploadId);
    if (upload === undefined) throw new StoreError('NoSuchUpload', 'There is no such upload.');
    return upload;
  }

  #addPart(uploadId: string, partNumber: number, body: Buffer): { partNumber: number; etag: string; size: number } {
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    this.#find(uploadId).parts.set(partNumber, { body, etag });
    return { partNumber, etag, size: body.length };
  }

  asStore({ bucket, request, check, find, written }: Requests): MultipartStore {
    return {
      create: (key, metadata) =>
        request('create-upload', key, () => {
          const uploadId = `upload ${this.#next++}`;
          this.#uploads.set(uploadId, { key, metadata, initiated: Math.floor(Date.now() / 1000), parts: new Map() });
          return uploadId;
        }),
      uploadPart: async ({ key, uploadId, partNumber, body }) => {
        const bytes = await bytesOf(body);
        return request('upload-part', key, () => this.#addPart(uploadId, partNumber, bytes));
      },
      copyPart: ({ key, uploadId, partNumber, sourceKey, pin, range }) =>
        request('copy-part', key, () => {
          const bytes = find(sourceKey, pin).body.subarray(range.offset, range.offset + range.length);
          if (bytes.length !== range.length)
            throw new StoreError('InvalidRequest', 'The range reaches beyond the source.');
          return this.#addPart(uploadId, partNumber, bytes);
        }),
      complete: ({ key, uploadId, parts, condition }) =>
        request('complete', key, () => {
          const upload = this.#find(uploadId);
          check(key, condition);
          const bodies = parts
            .toSorted((a, b) => a.partNumber - b.partNumber)
            .map(({ partNumber, etag }) => {
              const part = upload.parts.get(partNumber);
              if (part?.etag !== etag) throw new StoreError('InvalidRequest', `Part ${partNumber} is not there.`);
              return part.body;
            });
          this.#uploads.delete(uploadId);
          return written(bucket.write(key, Buffer.concat(bodies), upload.metadata));
        }),
      abort: (key, uploadId) => request('abort', key, () => void this.#uploads.delete(uploadId)),
      listParts: (key, uploadId) =>
        request('list-parts', key, () =>
          [...this.#find(uploadId).parts]
            .map(([partNumber, { body, etag }]) => ({ partNumber, etag, size: body.length }))
            .sort((a, b) => a.partNumber - b.partNumber),
        ),
      list: (prefix) =>
        request('list-uploads', prefix, () =>
          [...this.#uploads]
            .filter(([, { key }]) => key.startsWith(prefix))
            .map(([uploadId, { key, initiated }]) => ({ key, uploadId, initiated })),
        ),
    };
  }
}
