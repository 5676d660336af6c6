import { hash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { requireKey, quoteKey } from '../key.ts';
import {
  StoreError,
  type GetRequest,
  type GetResult,
  type MultipartStore,
  type ObjectMetadata,
} from '../object-store.ts';
import type { Part, Version } from '../object-store.ts';
import type { Body, Condition } from '../object-store.ts';
import { syncFolder } from '../../database/durable-folder.ts';
import { replaceFile, writeTemporary } from './durable.ts';
import { isMissing } from './errors.ts';
import { writeBody } from './write-body.ts';

const begun = z.object({ key: z.string(), initiated: z.number(), metadata: z.custom<ObjectMetadata>() });

export interface UploadsContext {
  readonly folder: string;
  readonly temporaryFolder: string;
  readonly maxKey: number;
  get(request: GetRequest): Promise<GetResult>;
  commit(commit: {
    key: string;
    temporary: string;
    etag: string;
    metadata: ObjectMetadata;
    condition?: Condition | undefined;
  }): Promise<Version>;
}

/** Multipart uploads: a folder for each, a file for each part, named by its number and MD5. */
export class Uploads implements MultipartStore {
  readonly #context: UploadsContext;

  constructor(context: UploadsContext) {
    this.#context = context;
  }

  async create(key: string, metadata: ObjectMetadata): Promise<string> {
    requireKey(key, this.#context.maxKey);
    const uploadId = randomUUID();
    const path = join(this.#context.folder, uploadId);
    await mkdir(path);
    const initiated = Math.floor(Date.now() / 1000);
    await replaceFile(
      join(path, 'begun.json'),
      JSON.stringify({ key, initiated, metadata }),
      this.#context.temporaryFolder,
    );
    await syncFolder(this.#context.folder);
    return uploadId;
  }

  async uploadPart(request: Parameters<MultipartStore['uploadPart']>[0]): Promise<Part> {
    const { key, uploadId, partNumber, body, signal } = request;
    await this.#read(key, uploadId);
    return this.#storePart(uploadId, partNumber, body, signal);
  }

  async copyPart(request: Parameters<MultipartStore['copyPart']>[0]): Promise<Part> {
    const { key, uploadId, partNumber, sourceKey, pin, range } = request;
    await this.#read(key, uploadId);
    const source = await this.#context.get({ key: sourceKey, pin, range });
    const body = { size: range.length, open: () => source.body };
    if (range.offset + range.length > source.version.size) {
      source.body.destroy();
      throw new StoreError('InvalidRequest', `${quoteKey(sourceKey)} ends before the range that was to be copied.`);
    }
    return this.#storePart(uploadId, partNumber, body, undefined);
  }

  async complete(request: Parameters<MultipartStore['complete']>[0]): Promise<Version> {
    const { key, uploadId, condition } = request;
    const { metadata } = await this.#read(key, uploadId);
    const folder = join(this.#context.folder, uploadId);
    const parts = request.parts.toSorted((a, b) => a.partNumber - b.partNumber);
    const files = parts.map((part) => join(folder, partName(part.partNumber, part.etag)));
    const temporary = await this.#join(files, uploadId, key);
    const digests = Buffer.concat(parts.map(({ etag }) => Buffer.from(unquoted(etag), 'hex')));
    const etag = `"${hash('md5', digests, 'hex')}-${parts.length}"`;
    try {
      const version = await this.#context.commit({ key, temporary, etag, metadata, condition });
      await rm(folder, { recursive: true, force: true });
      return version;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async abort(_key: string, uploadId: string): Promise<void> {
    await rm(this.#path(uploadId), { recursive: true, force: true });
  }

  async listParts(key: string, uploadId: string): Promise<readonly Part[]> {
    await this.#read(key, uploadId);
    const folder = this.#path(uploadId);
    const parts: (Part & { readonly time: number })[] = [];
    for (const name of await readdir(folder)) {
      const [, number, md5] = /^(\d+)-([0-9a-f]{32})$/.exec(name) ?? [];
      if (number === undefined || md5 === undefined) continue;
      const { size, mtimeMs } = await stat(join(folder, name));
      parts.push({ partNumber: Number(number), etag: `"${md5}"`, size, time: mtimeMs });
    }
    // A part that was sent again lies beside the one before.
    const latest = new Map(parts.sort((a, b) => a.time - b.time).map((part) => [part.partNumber, part]));
    return [...latest.values()]
      .sort((a, b) => a.partNumber - b.partNumber)
      .map(({ partNumber, etag, size }) => ({ partNumber, etag, size }));
  }

  async list(prefix: string): Promise<readonly { key: string; uploadId: string; initiated: number }[]> {
    const uploads: { key: string; uploadId: string; initiated: number }[] = [];
    for (const uploadId of await readdir(this.#context.folder)) {
      const found = await readBegun(join(this.#context.folder, uploadId));
      if (found?.key.startsWith(prefix) === true)
        uploads.push({ key: found.key, uploadId, initiated: found.initiated });
    }
    return uploads;
  }

  async #storePart(uploadId: string, partNumber: number, body: Body, signal: AbortSignal | undefined): Promise<Part> {
    const folder = this.#path(uploadId);
    const written = { md5: '', size: 0 };
    const temporary = await writeTemporary(this.#context.temporaryFolder, async (handle) => {
      Object.assign(written, await writeBody(handle, body, signal));
    });
    const etag = `"${written.md5}"`;
    try {
      await rename(temporary, join(folder, partName(partNumber, etag)));
    } catch (error) {
      await rm(temporary, { force: true });
      throw isMissing(error) ? noSuchUpload(uploadId) : error;
    }
    await syncFolder(folder);
    return { partNumber, etag, size: written.size };
  }

  async #join(files: readonly string[], uploadId: string, key: string): Promise<string> {
    const [first, ...others] = files;
    if (first === undefined) throw new StoreError('InvalidRequest', `The upload of ${quoteKey(key)} has no parts.`);
    const temporary = join(this.#context.temporaryFolder, `${uploadId}-${randomUUID()}`);
    try {
      // Shares blocks where the file system can.
      await copyFile(first, temporary, constants.COPYFILE_FICLONE);
      const target = await open(temporary, 'a');
      try {
        for (const file of others) await append(target, file);
        await target.sync();
      } finally {
        await target.close();
      }
      return temporary;
    } catch (error) {
      await rm(temporary, { force: true });
      if (!isMissing(error)) throw error;
      throw new StoreError('InvalidRequest', `A part of the upload of ${quoteKey(key)} is missing.`, { cause: error });
    }
  }

  async #read(key: string, uploadId: string): Promise<z.infer<typeof begun>> {
    const found = await readBegun(this.#path(uploadId));
    if (found?.key !== key) throw noSuchUpload(uploadId);
    return found;
  }

  #path(uploadId: string): string {
    if (!/^[0-9a-f-]+$/.test(uploadId)) throw noSuchUpload(uploadId);
    return join(this.#context.folder, uploadId);
  }
}

const noSuchUpload = (uploadId: string): StoreError =>
  new StoreError('NoSuchUpload', `The upload ${uploadId} does not exist any more; it has to begin again.`);

const unquoted = (etag: string): string => etag.replaceAll('"', '');

function partName(partNumber: number, etag: string): string {
  const md5 = unquoted(etag);
  if (!/^[0-9a-f]{32}$/.test(md5)) throw new StoreError('InvalidRequest', `${etag} is the ETag of no part.`);
  return `${partNumber}-${md5}`;
}

async function readBegun(path: string): Promise<z.infer<typeof begun> | undefined> {
  try {
    return begun.parse(JSON.parse(await readFile(join(path, 'begun.json'), 'utf8')));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function append(target: FileHandle, path: string): Promise<void> {
  const source = await open(path, 'r');
  try {
    for await (const chunk of source.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 })) {
      await target.writeFile(chunk as Buffer);
    }
  } finally {
    await source.close();
  }
}
