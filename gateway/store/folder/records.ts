import { hash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isMissing } from './errors.ts';
import { syncFolder } from '../../database/durable-folder.ts';
import { replaceFile } from './durable.ts';

const metadata = z.object({
  user: z.record(z.string(), z.string()),
  contentType: z.string().optional(),
  cacheControl: z.string().optional(),
  contentDisposition: z.string().optional(),
  contentEncoding: z.string().optional(),
  contentLanguage: z.string().optional(),
  expires: z.string().optional(),
  storageClass: z.string().optional(),
  websiteRedirectLocation: z.string().optional(),
  encryption: z
    .object({ algorithm: z.string(), keyId: z.string().optional(), bucketKey: z.boolean().optional() })
    .optional(),
  tags: z.record(z.string(), z.string()).optional(),
});

const state = z.object({
  etag: z.string(),
  /** Of the file whose state this is, bytes. */
  size: z.number(),
  /** Of that file, nanoseconds since the epoch. */
  modified: z.string(),
  metadata,
});

const record = z.object({ key: z.string(), states: z.array(state) });

/** What is known of a file beside its bytes, as long as it has this size and this time. */
export type State = z.infer<typeof state>;
export type StoredRecord = z.infer<typeof record>;

/**
 * ETags and metadata, one small file per key. A record is written before the file that it describes and then holds two
 * states, the old file's and the new one's: the one that fits the file is the true one, wherever a crash came between.
 * What people drop in or change fits none and has no metadata. Files are not matched by inode, so that a folder that is
 * copied or restored with its times keeps everything.
 */
export class Records {
  readonly #folder: string;
  readonly #temporaryFolder: string;

  constructor(folder: string, temporaryFolder: string) {
    this.#folder = folder;
    this.#temporaryFolder = temporaryFolder;
  }

  /** @throws Error where the record is there and cannot be read */
  async read(key: string): Promise<StoredRecord | undefined> {
    return readRecord(this.#path(key));
  }

  async write(key: string, states: readonly State[]): Promise<void> {
    const path = this.#path(key);
    if ((await mkdir(dirname(path), { recursive: true })) !== undefined) await syncFolder(this.#folder);
    await replaceFile(path, JSON.stringify({ key, states }), this.#temporaryFolder);
  }

  async remove(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
  }

  /** The key whose record has this name. */
  async keyOf(name: string): Promise<string | undefined> {
    return (await readRecord(this.#pathOfName(name)))?.key;
  }

  #path(key: string): string {
    return this.#pathOfName(recordName(key));
  }

  #pathOfName(name: string): string {
    return join(this.#folder, name.slice(0, 2), `${name}.json`);
  }
}

/** Any key as a file name. */
export const recordName = (key: string): string => hash('sha256', key, 'hex');

async function readRecord(path: string): Promise<StoredRecord | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  return record.parse(JSON.parse(text));
}
