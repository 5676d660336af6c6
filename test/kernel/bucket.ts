/** A bucket as another program sees it: around the gateway. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import type { StoredObject } from './agreement.ts';

export const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

export class Bucket {
  readonly #client: S3Client;
  readonly #name: string;
  readonly #put = new Set<string>();
  /** What objects held, by key and ETag, LastModified: read once. */
  readonly #seen = new Map<string, StoredObject>();

  constructor(client: S3Client, name: string) {
    this.#client = client;
    this.#name = name;
  }

  /** The keys that were put by this class. */
  get foreign(): ReadonlySet<string> {
    return this.#put;
  }

  async put(key: string, body: Uint8Array | string): Promise<void> {
    this.#put.add(key);
    await this.#client.send(new PutObjectCommand({ Bucket: this.#name, Key: key, Body: Buffer.from(body) }));
  }

  async delete(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#name, Key: key }));
  }

  /** undefined: there is none. */
  async get(
    key: string,
  ): Promise<{ readonly body: Uint8Array; readonly metadata: Record<string, string> } | undefined> {
    try {
      const reply = await this.#client.send(new GetObjectCommand({ Bucket: this.#name, Key: key }));
      return { body: (await reply.Body?.transformToByteArray()) ?? new Uint8Array(), metadata: reply.Metadata ?? {} };
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  /** Everything in it. */
  async contents(): Promise<ReadonlyMap<string, StoredObject>> {
    const listed: { readonly key: string; readonly version: string }[] = [];
    const pages = paginateListObjectsV2({ client: this.#client }, { Bucket: this.#name, EncodingType: 'url' });
    for await (const page of pages) {
      for (const { Key = '', ETag, LastModified } of page.Contents ?? []) {
        // Form encoding: a space may be a plus sign.
        const key = decodeURIComponent(Key.replaceAll('+', ' '));
        listed.push({ key, version: JSON.stringify([key, ETag, LastModified]) });
      }
    }
    const contents = new Map<string, StoredObject>();
    const next = listed.values();
    const read = async (): Promise<void> => {
      for (const { key, version } of next) {
        const object = this.#seen.get(version) ?? (await this.#read(key));
        if (object === undefined) continue;
        this.#seen.set(version, object);
        contents.set(key, object);
      }
    };
    await Promise.all(Array.from({ length: 8 }, read));
    return contents;
  }

  async #read(key: string): Promise<StoredObject | undefined> {
    const object = await this.get(key);
    return object && { size: object.body.byteLength, sha256: sha256(object.body), metadata: object.metadata };
  }
}
