/** What is known of directories in the store, and since when. */
import { reaches } from '../cache/listing.ts';
import type { Fileid } from '../staging/records.ts';

/** Directories of which something is remembered; the oldest are forgotten. */
const maxDirectories = 10_000;

/** Names of one directory that are remembered by themselves. */
const maxNames = 1000;

/** Of one directory. Times are milliseconds of a monotonic clock. */
export class Knowledge {
  /** Start of the last listing that went to the end. */
  listed: number | undefined;
  /** A listing that did not go to the end: how far it reached, and its start. */
  begun: { readonly to: string; readonly at: number } | undefined;
  /** The last listing had more than one page. */
  large = false;
  /** Keys that no name can show. */
  hidden = 0;
  #names: Map<string, number> | undefined;

  /** When the store was last asked about the name. */
  since(name: string): number {
    const begun = this.begun !== undefined && reaches(this.begun.to, name) ? this.begun.at : Number.NEGATIVE_INFINITY;
    return Math.max(this.listed ?? Number.NEGATIVE_INFINITY, begun, this.#names?.get(name) ?? Number.NEGATIVE_INFINITY);
  }

  /** One name was looked up by itself, because the directory is too large to list for it. */
  noteName(name: string, at: number): void {
    this.#names ??= new Map();
    this.#names.delete(name);
    this.#names.set(name, at);
    for (const oldest of this.#names.keys()) {
      if (this.#names.size <= maxNames) break;
      this.#names.delete(oldest);
    }
  }
}

export class KnownDirectories {
  readonly #known = new Map<Fileid, Knowledge>();

  get(directory: Fileid): Knowledge | undefined {
    return this.#known.get(directory);
  }

  /** As `get`, made where there is none. */
  of(directory: Fileid): Knowledge {
    let known = this.#known.get(directory);
    if (known !== undefined) return known;
    known = new Knowledge();
    this.#known.set(directory, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= maxDirectories) break;
      this.#known.delete(oldest);
    }
    return known;
  }

  forget(directory: Fileid): void {
    this.#known.delete(directory);
  }
}
