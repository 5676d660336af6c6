import { readdir } from 'node:fs/promises';
import { compareKeys } from '../key.ts';
import { isMissing } from './errors.ts';

/** Names kept for the next page, over all directories; one directory is kept however large it is. */
const keptNames = 200_000;
const keptDirectories = 16;
const keptMilliseconds = 60_000;

interface Kept {
  readonly names: readonly string[];
  readonly read: number;
}

/** The names in directories, in the order of keys, kept for a while so that many pages do not read them many times. */
export class Directories {
  readonly #kept = new Map<string, Kept>();

  /**
   * @param goingOn whether an earlier page has read this directory, so that its names may be a minute old
   * @returns names of files and, with a `/` at their ends, of directories; nothing where the directory is gone
   */
  async names(path: string, goingOn: boolean): Promise<readonly string[]> {
    const kept = this.#kept.get(path);
    if (goingOn && kept !== undefined && performance.now() - kept.read < keptMilliseconds) return kept.names;
    this.#kept.delete(path);
    let names: string[];
    try {
      const entries = await readdir(path, { withFileTypes: true });
      names = entries.flatMap((entry) =>
        entry.isDirectory() ? [`${entry.name}/`] : entry.isFile() ? [entry.name] : [],
      );
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
    names.sort(compareKeys);
    this.#keep(path, names);
    return names;
  }

  #keep(path: string, names: readonly string[]): void {
    const now = performance.now();
    this.#kept.set(path, { names, read: now });
    let total = 0;
    for (const { names: of } of this.#kept.values()) total += of.length;
    for (const [old, { names: of, read }] of this.#kept) {
      const few = this.#kept.size <= keptDirectories && total <= keptNames;
      if (old === path || (few && now - read < keptMilliseconds)) continue;
      this.#kept.delete(old);
      total -= of.length;
    }
  }
}
