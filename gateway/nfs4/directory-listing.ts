/** As many entries of a directory as a READDIR reply may carry, with their attributes. RFC 8881 §18.23. */
import { FileSystemError } from '../filesystem/errors.ts';
import type { DirectoryEntry, Node } from '../filesystem/file-system.ts';
import { encodeAttributes } from './attributes/encode.ts';
import { Attribute } from './attributes/numbers.ts';
import { attributeSource, needsFileSystem, type AttributeSource } from './attributes/source.ts';
import { bitNumbers, bits, type Bitmap, type RawAttributes } from './codec/basic.ts';
import type { ReaddirEntry } from './codec/files.ts';
import { Nfs4Status } from './codec/status.ts';
import { isExpected, statusOf } from './errors.ts';
import { Nfs4Error, type CompoundContext } from './operation.ts';

/** cookieverf, the FALSE that ends the list, eof: bytes of a READDIR4resok without entries. */
const emptyResult = 16;

/** TRUE, cookie, length of the name, bitmap's and values' lengths: bytes of an entry beside name and attributes. */
const entryOverhead = 4 + 8 + 4 + 4 + 4;

/** Entries whose attributes are fetched at once: more would keep a slow store busy for entries that do not fit. */
const largestBatch = 512;

/** A replier's own bound on one reply, bytes. */
const largestReply = 1024 * 1024;

const readdirError = bits(Attribute.readdirError);

function padded(bytes: number): number {
  return (bytes + 3) & ~3;
}

/** Bytes of the words of a bitmap4. */
function bitmapLength(mask: Bitmap): number {
  let words = 0;
  for (let rest = mask; rest > 0n; rest >>= 32n) words++;
  return 4 * words;
}

export interface ListingLimits {
  /** Bytes of names and cookies; 0: no limit. At least one entry is returned. */
  readonly directoryCount: number;
  /** Bytes of the READDIR4resok. */
  readonly maxCount: number;
}

export interface Listing {
  readonly entries: readonly ReaddirEntry[];
  readonly eof: boolean;
}

export class DirectoryListing {
  readonly #context: CompoundContext;
  readonly #directory: Node;
  readonly #mask: Bitmap;
  readonly #directoryCount: number;
  readonly #maxCount: number;
  readonly #entries: ReaddirEntry[] = [];
  #length = emptyResult;
  #directoryLength = 0;

  /** @param mask supported, readable attributes */
  constructor(context: CompoundContext, directory: Node, mask: Bitmap, limits: ListingLimits) {
    this.#context = context;
    this.#directory = directory;
    this.#mask = mask;
    this.#directoryCount = limits.directoryCount === 0 ? Infinity : limits.directoryCount;
    this.#maxCount = Math.min(limits.maxCount, largestReply);
  }

  /**
   * The entries after this cookie.
   * @throws Nfs4Error TOOSMALL where not one entry fits; the status of an entry's attributes where rdattr_error is not
   *   asked for
   */
  async read(cookie: number): Promise<Listing> {
    const { fileSystem, caller } = this.#context;
    if (this.#maxCount < emptyResult) throw new Nfs4Error(Nfs4Status.TOOSMALL);
    const fromFileSystem = needsFileSystem(this.#mask, await this.#mayHoldExports());
    for (let after = cookie; ;) {
      const page = await fileSystem.readDirectory(this.#directory, after, this.#batchSize(), caller);
      const attributes = await Promise.all(page.entries.map((entry) => this.#attributes(entry, fromFileSystem)));
      for (const [index, entry] of page.entries.entries()) {
        const values = attributes[index];
        if (values !== undefined && !this.#add(entry, values)) return this.#full();
        after = entry.cookie;
      }
      // What has gone may be a file whose name another was given meanwhile, at the end: the name never was away.
      if (page.end && !attributes.includes(undefined)) return { entries: this.#entries, eof: true };
      if (page.entries.length === 0) throw new TypeError('a page without entries that does not end the directory');
    }
  }

  #full(): Listing {
    if (this.#entries.length === 0) throw new Nfs4Error(Nfs4Status.TOOSMALL, `maxcount ${this.#maxCount}`);
    return { entries: this.#entries, eof: false };
  }

  /** How many entries of a usual length still fit. */
  #batchSize(): number {
    const usual = entryOverhead + 20 + 8 * bitNumbers(this.#mask).length;
    const room = Math.min(this.#maxCount - this.#length, (this.#directoryCount - this.#directoryLength) * 4);
    return Math.min(Math.max(Math.ceil(room / usual), 1), largestBatch);
  }

  /** Whether entries may be the roots of exports, whose mounted_on_fileid is not their fileid: outside of exports. */
  async #mayHoldExports(): Promise<boolean> {
    const mountedOn = bits(Attribute.mountedOnFileid);
    if ((this.#mask & mountedOn) === 0n || needsFileSystem(this.#mask, false)) return false;
    const { fileSystem, caller } = this.#context;
    const [here, root] = await Promise.all([
      fileSystem.attributes(this.#directory),
      fileSystem.attributes(fileSystem.root(caller)),
    ]);
    return here.fsid.major === root.fsid.major;
  }

  /** Undefined where the entry has gone since it was listed. */
  async #attributes(entry: DirectoryEntry, fromFileSystem: boolean): Promise<RawAttributes | undefined> {
    const { fileSystem, minorVersion, state } = this.#context;
    const constants = { leaseSeconds: state.leaseSeconds, minorVersion };
    const bare: AttributeSource = { node: entry.node, attributes: undefined, status: undefined, ...constants };
    try {
      if (!fromFileSystem) return encodeAttributes(this.#mask, bare);
      // The listing has just told of it: to ask for each entry again would cost a request for each.
      const known = fileSystem.known(entry.node);
      return encodeAttributes(this.#mask, await attributeSource(fileSystem, entry.node, this.#mask, constants, known));
    } catch (error) {
      if (error instanceof FileSystemError && (error.code === 'NOENT' || error.code === 'STALE')) return undefined;
      if (!isExpected(error) || (this.#mask & readdirError) === 0n) throw error;
      return encodeAttributes(readdirError, { ...bare, error: statusOf(error, minorVersion) });
    }
  }

  /** False where the entry does not fit any more. */
  #add({ cookie, name }: DirectoryEntry, attributes: RawAttributes): boolean {
    const encodedName = Buffer.from(name, 'utf8');
    const nameLength = padded(encodedName.length);
    const length = entryOverhead + nameLength + bitmapLength(attributes.mask) + attributes.values.length;
    const directoryLength = 8 + 4 + nameLength;
    if (this.#length + length > this.#maxCount) return false;
    if (this.#entries.length > 0 && this.#directoryLength + directoryLength > this.#directoryCount) return false;
    this.#length += length;
    this.#directoryLength += directoryLength;
    this.#entries.push({ cookie, name: encodedName, attributes });
    return true;
  }
}
