import { hash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { compareKeys } from '../key.ts';
import type { ObjectDescription } from '../object-store.ts';
import { syncFolder, syncMade } from '../../database/durable-folder.ts';
import { isMissing, systemCode } from './errors.ts';
import { KeyLocks } from './key-locks.ts';
import { pathOfKey, sideFolder } from './names.ts';
import { recordName, Records, type State } from './records.ts';

/** `hidden`: in the side folder, because no path or not this one could be had. */
export type Place = { readonly kind: 'file' | 'marker' | 'hidden'; readonly path: string };

export interface Found {
  readonly place: Place;
  readonly stat: BigIntStats;
  /** undefined: nobody told us about this file. */
  readonly state: State | undefined;
}

/** What people may have put in the way of a path, or file systems may refuse. */
const inTheWay = ['EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST', 'ENAMETOOLONG', 'EINVAL', 'EILSEQ'];

/** Keys as files and directories: where each is, and how names come and go. */
export class Tree {
  readonly folder: string;
  readonly temporaryFolder: string;
  readonly uploadsFolder: string;
  readonly records: Records;
  readonly #hiddenFolder: string;
  readonly #platform: NodeJS.Platform;
  readonly #hidden = new Set<string>();
  #hiddenKeys: readonly string[] | undefined;
  /** Whether the file system takes names for the same that are not. */
  #folding = false;
  /** Directories are not removed while a file is being moved into them. */
  readonly #shape = new KeyLocks();

  private constructor(folder: string, platform: NodeJS.Platform) {
    const side = join(folder, sideFolder);
    this.folder = folder;
    this.temporaryFolder = join(side, 'temporary');
    this.uploadsFolder = join(side, 'uploads');
    this.#hiddenFolder = join(side, 'hidden');
    this.records = new Records(join(side, 'records'), this.temporaryFolder);
    this.#platform = platform;
  }

  static async open(folder: string, platform: NodeJS.Platform): Promise<Tree> {
    const tree = new Tree(folder, platform);
    await rm(tree.temporaryFolder, { recursive: true, force: true });
    const side = join(folder, sideFolder);
    for (const name of ['records', 'hidden', 'uploads', 'temporary'])
      await mkdir(join(side, name), { recursive: true });
    await writeFile(join(side, 'README.txt'), explanation);
    await tree.#probeNames();
    for (const name of await readdir(tree.#hiddenFolder)) {
      const key = await tree.records.keyOf(name);
      if (key !== undefined) tree.#hidden.add(key);
    }
    return tree;
  }

  /** Keys that have no path of their own, in order. */
  get hiddenKeys(): readonly string[] {
    return (this.#hiddenKeys ??= [...this.#hidden].sort(compareKeys));
  }

  /** Where a key is, or would be. */
  async place(key: string): Promise<Place> {
    const path = this.#hidden.has(key) ? undefined : pathOfKey(this.folder, key, this.#platform);
    if (path === undefined || (this.#folding && !(await this.#isNamedSo(path)))) return this.#hiddenPlace(key);
    return { kind: key.endsWith('/') ? 'marker' : 'file', path };
  }

  /** The directory whose names begin with `prefix`, which ends in `/` or is empty; undefined where there can be none. */
  async folderOf(prefix: string): Promise<string | undefined> {
    if (prefix === '') return this.folder;
    const path = pathOfKey(this.folder, prefix, this.#platform);
    return path === undefined || (this.#folding && !(await this.#isNamedSo(path))) ? undefined : path;
  }

  async find(key: string): Promise<Found | undefined> {
    const place = await this.place(key);
    for (;;) {
      const stat = await statOf(place.path);
      if (stat === undefined || !(place.kind === 'marker' ? stat.isDirectory() : stat.isFile())) return undefined;
      const state = await this.stateOf(key, place, stat);
      if (state !== undefined) return { place, stat, state };
      if (place.kind === 'marker' && !(await isEmpty(place.path))) return undefined;
      // The record may have moved on to a file that took this one's place meanwhile.
      const now = await statOf(place.path);
      if (now !== undefined && (place.kind === 'marker' || (now.mtimeNs === stat.mtimeNs && now.ino === stat.ino))) {
        return { place, stat, state };
      }
    }
  }

  /** What the record says of the file or directory that has this `stat`. */
  async stateOf(key: string, place: Place, stat: BigIntStats): Promise<State | undefined> {
    const states = (await this.records.read(key))?.states ?? [];
    // A directory's size and time change with what is in it.
    if (place.kind === 'marker') return states.at(-1);
    return states.findLast(({ size, modified }) => BigInt(size) === stat.size && modified === String(stat.mtimeNs));
  }

  /** Moves a finished file to where `key` is; into the side folder where something else has that path. */
  async moveIn(key: string, temporary: string, size: bigint): Promise<void> {
    const place = await this.place(key);
    try {
      if (place.kind === 'hidden') {
        await this.#hide(key, temporary);
        return;
      }
      if (place.kind === 'file') {
        await this.#moveFile(temporary, place.path);
        return;
      }
      // A directory has no bytes.
      if (size > 0n) {
        await this.#hide(key, temporary);
        return;
      }
      await this.#makeFolder(place.path);
      await rm(temporary);
    } catch (error) {
      if (place.kind === 'hidden' || !inTheWay.includes(systemCode(error))) throw error;
      await this.#hide(key, temporary);
    }
  }

  async remove(key: string, place: Place): Promise<void> {
    await this.#shape.run('', async () => {
      if (place.kind !== 'marker') await rm(place.path, { force: true });
      await this.records.remove(key);
      if (place.kind === 'hidden') this.#forget(key);
      const path = pathOfKey(this.folder, key, this.#platform);
      if (path !== undefined) await this.#removeEmpty(key.endsWith('/') ? path : dirname(path));
    });
    // What a directory does not name any more does not matter when the directory is gone too.
    await syncFolder(dirname(place.path)).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  async #moveFile(from: string, to: string): Promise<void> {
    const created = await this.#shape.run('', async () => {
      const first = await mkdir(dirname(to), { recursive: true });
      await rename(from, to);
      return first;
    });
    await syncFolder(dirname(to));
    if (created !== undefined) await syncMade(dirname(to), created);
  }

  async #makeFolder(path: string): Promise<void> {
    const created = await this.#shape.run('', async () => {
      const first = await mkdir(path, { recursive: true });
      if (first === undefined && (await statOf(path))?.isDirectory() !== true) {
        throw Object.assign(new Error(`${path} is no directory`), { code: 'ENOTDIR' });
      }
      return first;
    });
    if (created !== undefined) await syncMade(path, created);
  }

  async #hide(key: string, file: string): Promise<void> {
    await rename(file, this.#hiddenPlace(key).path);
    await syncFolder(this.#hiddenFolder);
    this.#hidden.add(key);
    this.#hiddenKeys = undefined;
  }

  #forget(key: string): void {
    this.#hidden.delete(key);
    this.#hiddenKeys = undefined;
  }

  #hiddenPlace(key: string): Place {
    return { kind: 'hidden', path: join(this.#hiddenFolder, recordName(key)) };
  }

  /** Removes directories that hold nothing and that nobody asked for, as in S3 prefixes end with their last key. */
  async #removeEmpty(path: string): Promise<void> {
    for (let at = path; at.length > this.folder.length; at = dirname(at)) {
      const key = `${at.slice(this.folder.length + 1).replaceAll('\\', '/')}/`;
      if ((await this.records.read(key)) !== undefined) return;
      try {
        await rmdir(at);
      } catch (error) {
        if (['ENOTEMPTY', 'EEXIST', 'EBUSY', 'EPERM', 'EACCES'].includes(systemCode(error))) return;
        if (!isMissing(error)) throw error;
      }
    }
  }

  /** Whether every component is spelt on the disk as it is here. */
  async #isNamedSo(path: string): Promise<boolean> {
    for (let at = path; at.length > this.folder.length; at = dirname(at)) {
      if ((await statOf(at)) === undefined) continue;
      if (!(await readdir(dirname(at))).includes(basename(at))) return false;
    }
    return true;
  }

  async #probeNames(): Promise<void> {
    await writeFile(join(this.temporaryFolder, 'Name-\u00e9'), '');
    for (const name of ['name-\u00e9', 'Name-e\u0301']) {
      if ((await statOf(join(this.temporaryFolder, name))) !== undefined) this.#folding = true;
    }
    await rm(join(this.temporaryFolder, 'Name-\u00e9'));
  }
}

/** What head, get and list say of an object. */
export function describeFound({ place, stat, state }: Found): ObjectDescription {
  const modified = place.kind === 'marker' && state !== undefined ? BigInt(state.modified) : stat.mtimeNs;
  const tagCount = Object.keys(state?.metadata.tags ?? {}).length;
  return {
    version: {
      etag: state?.etag ?? etagOf(stat),
      size: place.kind === 'marker' ? 0 : Number(stat.size),
      lastModified: Number(modified / 1_000_000_000n),
    },
    metadata: state?.metadata ?? { user: {} },
    ...(tagCount > 0 && { tagCount }),
  };
}

/** For files that nobody told us about, without reading them. */
function etagOf(stat: BigIntStats): string {
  const size = stat.isDirectory() ? 0n : stat.size;
  return `"${hash('md5', `${size}:${stat.mtimeNs}:${stat.ino}`, 'hex')}"`;
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (isMissing(error) || systemCode(error) === 'ENAMETOOLONG') return undefined;
    throw error;
  }
}

const isEmpty = async (path: string): Promise<boolean> => (await readdir(path)).length === 0;

const explanation = `Windlass keeps the objects of this folder as ordinary files beside this one.
Here it keeps what files cannot hold: metadata, objects whose keys no file name can express, unfinished uploads.
Deleting it loses exactly that.
`;
