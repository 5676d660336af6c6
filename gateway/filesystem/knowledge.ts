/** What is known of directories in the store, and since when. */
import { tellsOf } from '../cache/listing.ts';
import type { Fileid } from '../staging/records.ts';

/** Directories of which something is remembered; the oldest are forgotten. */
const maxDirectories = 10_000;

/** Names of one directory that are remembered by themselves. */
const maxNames = 1000;

/** Stretches of one directory that are remembered; the oldest are forgotten. */
const maxStretches = 100;

/** Names after `after`, or from the first, up to `to`, or to the last, were listed at this time. */
export interface KnownStretch {
  readonly after: string | undefined;
  readonly to: string | undefined;
  readonly at: number;
}

/** Of one directory. Times are milliseconds of a monotonic clock. */
export class Knowledge {
  /** Start of the last listing that went to the end. */
  listed: number | undefined;
  /** The last listing had more than one page. */
  large = false;
  /** Keys that no name can show. */
  hidden = 0;
  /** The last question about one name: where whoever goes through the names is asking next, and how many were looked at for him. */
  asked: { readonly next: string; readonly names: number } | undefined;
  #stretches: KnownStretch[] = [];
  #names: Map<string, number> | undefined;

  /** When the store was last asked about the name. */
  since(name: string): number {
    let since = Math.max(this.listed ?? Number.NEGATIVE_INFINITY, this.#names?.get(name) ?? Number.NEGATIVE_INFINITY);
    for (const { after, to, at } of this.#stretches)
      if (at > since && tellsOf({ from: undefined, to, after }, name)) since = at;
    return since;
  }

  /** A listing that went to the end began then. */
  noteAll(at: number): void {
    this.listed = at;
    this.#stretches = [];
  }

  noteStretch(stretch: KnownStretch): void {
    this.#stretches.push(stretch);
    if (this.#stretches.length > maxStretches) this.#stretches.shift();
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
