import { constants, type BigIntStats } from 'node:fs';
import { chmod, copyFile, lstat, open, realpath, rm, utimes } from 'node:fs/promises';
import {
  StoreError,
  type Condition,
  type CopyRequest,
  type DeleteRequest,
  type DeleteResult,
} from '../object-store.ts';
import type {
  GetRequest,
  GetResult,
  ListPage,
  ListRequest,
  MultipartStore,
  ObjectDescription,
} from '../object-store.ts';
import type { ObjectMetadata, ObjectStore, Pin, PutRequest, StoreLimits, Version } from '../object-store.ts';
import { quoteKey, requireKey } from '../key.ts';
import { writeTemporary } from './durable.ts';
import { Directories } from './directories.ts';
import { folderError, isMissing } from './errors.ts';
import { FileBody } from './file-body.ts';
import { KeyLocks } from './key-locks.ts';
import { listFolder } from './listing.ts';
import type { State } from './records.ts';
import { describeFound, Tree, type Found } from './tree.ts';
import { Uploads } from './uploads.ts';
import { writeBody } from './write-body.ts';

const limits: StoreLimits = {
  maxObject: Number.MAX_SAFE_INTEGER,
  maxPut: Number.MAX_SAFE_INTEGER,
  maxCopy: Number.MAX_SAFE_INTEGER,
  minPart: 5 * 1024 * 1024,
  maxPart: Number.MAX_SAFE_INTEGER,
  maxParts: 10_000,
  maxKey: 1024,
  maxUserMetadata: 64 * 1024,
};

interface Commit {
  readonly key: string;
  /** The finished, synced file. */
  readonly temporary: string;
  readonly etag: string;
  readonly metadata: ObjectMetadata;
  readonly condition?: Condition | undefined;
}

/**
 * Objects in a local folder that stays readable to people: key `a/b` is file `b` in folder `a`, and what people put there
 * are objects. One process at a time.
 */
export class FolderStore implements ObjectStore {
  readonly identity: string;
  readonly limits = limits;
  readonly ordered = true;
  readonly multipart: MultipartStore;
  readonly #tree: Tree;
  readonly #locks = new KeyLocks();
  readonly #directories = new Directories();

  private constructor(tree: Tree) {
    this.#tree = tree;
    this.identity = `folder:${tree.folder}`;
    const uploads = new Uploads({
      folder: tree.uploadsFolder,
      temporaryFolder: tree.temporaryFolder,
      maxKey: limits.maxKey,
      get: (request) => this.get(request),
      commit: (commit) => this.#locks.run(commit.key, () => this.#commit(commit)),
    });
    this.multipart = {
      create: (key, metadata) => this.#explain(() => uploads.create(key, metadata)),
      uploadPart: (request) => this.#explain(() => uploads.uploadPart(request)),
      copyPart: (request) => this.#explain(() => uploads.copyPart(request)),
      complete: (request) => this.#explain(() => uploads.complete(request)),
      abort: (key, uploadId) => this.#explain(() => uploads.abort(key, uploadId)),
      listParts: (key, uploadId) => this.#explain(() => uploads.listParts(key, uploadId)),
      list: (prefix) => this.#explain(() => uploads.list(prefix)),
    };
  }

  /**
   * @param path an existing folder
   * @param platform whose rules file names follow
   * @throws StoreError NoSuchBucket, AccessDenied …
   */
  static async open(path: string, platform: NodeJS.Platform = process.platform): Promise<FolderStore> {
    try {
      return new FolderStore(await Tree.open(await realpath(path), platform));
    } catch (error) {
      if (!isMissing(error)) throw folderError(path, error);
      throw new StoreError('NoSuchBucket', `There is no folder ${path}. Create it first.`, { cause: error });
    }
  }

  list(request: ListRequest): Promise<ListPage> {
    return this.#explain(() => listFolder(this.#tree, this.#directories, request));
  }

  head(key: string, pin?: Pin): Promise<ObjectDescription | undefined> {
    return this.#explain(async () => {
      requireKey(key, limits.maxKey);
      const found = await this.#tree.find(key);
      if (found === undefined) return undefined;
      requirePinned(pin, describeFound(found).version.etag, key);
      return describeFound(found);
    });
  }

  get(request: GetRequest): Promise<GetResult> {
    return this.#explain(async () => {
      const { key, pin } = request;
      requireKey(key, limits.maxKey);
      request.signal?.throwIfAborted();
      for (;;) {
        const found = await this.#tree.find(key);
        if (found === undefined)
          throw new StoreError('NotFound', `There is no ${quoteKey(key)} in ${this.#tree.folder}.`);
        const described = describeFound(found);
        requirePinned(pin, described.version.etag, key);
        const body = await openFound(found, request);
        if (body !== undefined) return { ...described, body };
      }
    });
  }

  put(request: PutRequest): Promise<Version> {
    return this.#explain(async () => {
      const { key, body, metadata, condition, signal } = request;
      requireKey(key, limits.maxKey);
      const written = { md5: '' };
      const temporary = await writeTemporary(this.#tree.temporaryFolder, async (handle) => {
        Object.assign(written, await writeBody(handle, body, signal));
      });
      const etag = `"${written.md5}"`;
      return this.#committing({ key, temporary, etag, metadata, condition });
    });
  }

  copy(request: CopyRequest): Promise<Version> {
    return this.#explain(async () => {
      const { sourceKey, targetKey, pin, metadata, condition } = request;
      requireKey(sourceKey, limits.maxKey);
      requireKey(targetKey, limits.maxKey);
      if (sourceKey === targetKey) return this.#locks.run(targetKey, () => this.#rewriteMetadata(request));
      const temporary = await writeTemporary(this.#tree.temporaryFolder, () => Promise.resolve());
      const source = await this.#copyBytes(sourceKey, pin, temporary).catch(async (error: unknown) => {
        await rm(temporary, { force: true });
        throw error;
      });
      const { etag } = source.version;
      return this.#committing({ key: targetKey, temporary, etag, metadata: metadata ?? source.metadata, condition });
    });
  }

  async delete(requests: readonly DeleteRequest[]): Promise<readonly DeleteResult[]> {
    if (requests.length > 1000) {
      throw new StoreError('InvalidRequest', `At most 1,000 keys are deleted at a time, not ${requests.length}.`);
    }
    const results: DeleteResult[] = [];
    for (const { key, etag } of requests) {
      try {
        await this.#explain(() => this.#locks.run(key, () => this.#delete(key, etag)));
        results.push({ key });
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        results.push({ key, error });
      }
    }
    return results;
  }

  conditional(): { readonly put: boolean; readonly delete: boolean } {
    return { put: true, delete: true };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #delete(key: string, etag: string | undefined): Promise<void> {
    requireKey(key, limits.maxKey);
    const found = await this.#tree.find(key);
    if (found === undefined) return;
    if (etag !== undefined) requirePinned({ etag }, describeFound(found).version.etag, key);
    await this.#tree.remove(key, found.place);
  }

  async #committing(commit: Commit): Promise<Version> {
    try {
      return await this.#locks.run(commit.key, () => this.#commit(commit));
    } finally {
      await rm(commit.temporary, { force: true });
    }
  }

  /** Puts a finished file in its place; see Records for why in this order. */
  async #commit({ key, temporary, etag, metadata, condition }: Commit): Promise<Version> {
    const tree = this.#tree;
    const before = await tree.find(key);
    if (condition !== undefined) requireCondition(condition, before, key);
    const stat = await lstat(temporary, { bigint: true });
    const state = { etag, size: Number(stat.size), modified: String(stat.mtimeNs), metadata };
    await tree.records.write(key, [...(before?.state === undefined ? [] : [before.state]), state]);
    await tree.moveIn(key, temporary, stat.size);
    return { etag, size: state.size, lastModified: Number(stat.mtimeNs / 1_000_000_000n) };
  }

  /** A copy of an object onto itself: the bytes stay, the time moves. */
  async #rewriteMetadata({ targetKey: key, pin, metadata, condition }: CopyRequest): Promise<Version> {
    const tree = this.#tree;
    const found = await tree.find(key);
    if (found === undefined) throw new StoreError('NotFound', `There is no ${quoteKey(key)} to copy.`);
    const described = describeFound(found);
    requirePinned(pin, described.version.etag, key);
    if (condition !== undefined) requireCondition(condition, found, key);
    // Whole seconds, which the file system keeps as they are, so that the record can be written first.
    const lastModified = Math.floor(Date.now() / 1000);
    const state: State = {
      etag: described.version.etag,
      size: described.version.size,
      modified: String(BigInt(lastModified) * 1_000_000_000n),
      metadata: metadata ?? described.metadata,
    };
    await tree.records.write(key, [...(found.state === undefined ? [] : [found.state]), state]);
    if (found.place.kind !== 'marker') await utimes(found.place.path, lastModified, lastModified);
    return { ...described.version, lastModified };
  }

  async #copyBytes(sourceKey: string, pin: Pin | undefined, target: string): Promise<ObjectDescription> {
    for (;;) {
      const found = await this.#tree.find(sourceKey);
      if (found === undefined) throw new StoreError('NotFound', `There is no ${quoteKey(sourceKey)} to copy.`);
      const described = describeFound(found);
      requirePinned(pin, described.version.etag, sourceKey);
      if (found.place.kind === 'marker') return described;
      // Shares blocks where the file system can.
      await copyFile(found.place.path, target, constants.COPYFILE_FICLONE);
      const after = await this.#tree.find(sourceKey);
      if (after === undefined || !isSame(after.stat, found.stat)) continue;
      // The copy has the permissions of its source.
      await chmod(target, 0o644);
      const handle = await open(target, 'r+');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
      return described;
    }
  }

  async #explain<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw folderError(this.#tree.folder, error);
    }
  }
}

/** @returns undefined where another file has taken the place meanwhile */
async function openFound({ place, stat }: Found, { range }: GetRequest): Promise<FileBody | undefined> {
  const handle = await open(place.path, 'r').catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  if (place.kind === 'marker') return new FileBody(handle, 0, 0);
  if (!isSame(await handle.stat({ bigint: true }), stat)) {
    await handle.close();
    return undefined;
  }
  const size = Number(stat.size);
  const offset = Math.min(range?.offset ?? 0, size);
  return new FileBody(handle, offset, Math.min(range?.length ?? size, size - offset));
}

const isSame = (a: BigIntStats, b: BigIntStats): boolean =>
  a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;

function requirePinned(pin: Pin | undefined, etag: string, key: string): void {
  if (pin === undefined || pin.etag === etag) return;
  throw new StoreError('PreconditionFailed', `${quoteKey(key)} has been changed: it is at ${etag}, not ${pin.etag}.`);
}

function requireCondition(condition: Condition, found: Found | undefined, key: string): void {
  const etag = found && describeFound(found).version.etag;
  if ('absent' in condition ? etag === undefined : etag === condition.etag) return;
  const state = etag === undefined ? 'is gone' : `is at ${etag}`;
  throw new StoreError(
    'PreconditionFailed',
    `${quoteKey(key)} has been changed by somebody else meanwhile: it ${state}.`,
  );
}
