/**
 * Entries of a directory for READDIR and READDIRPLUS, as many as fit. RFC 1813 §3.3.16: the client shows `.` and `..`
 * only where the server lists them; they have the cookies 1 and 2, the file system's are above.
 */
import { FileSystemError } from '../filesystem/errors.ts';
import type { Node } from '../filesystem/file-system.ts';
import { Nfs3Status } from './codec/status.ts';
import { Nfs3Error } from './nfs3-error.ts';
import { parentOf } from './parent.ts';
import type { CallContext } from './procedure.ts';

/** Cookies stand for entries for ever, so there is no verifier to fail; some clients send zero whatever they got. */
export const anyVerifier = Buffer.alloc(8);

const dotCookie = 1;
const dotDotCookie = 2;

/** Status, post_op_attr, cookieverf, the FALSE that ends the list, eof: bytes of a result without entries. */
const emptyResult = 4 + 88 + 8 + 4 + 4;

/** A replier's own bound on one reply, bytes. */
const largestReply = 1024 * 1024;

/** Entries that are looked at at once. */
const largestBatch = 512;

/** TRUE, fileid, length of the name, cookie: bytes of an entry beside its name. */
const entryOverhead = 4 + 8 + 4 + 8;
const usualName = 20;

export interface ListedEntry {
  readonly name: Buffer;
  readonly cookie: number;
  readonly node: Node;
}

export interface ListingLimits {
  /** Bytes of the whole result. */
  readonly maxCount: number;
  /** Bytes of fileids, names and cookies. */
  readonly directoryCount: number;
  /** Bytes that every entry takes beside fileid, name and cookie. */
  readonly perEntry: number;
}

function padded(bytes: number): number {
  return (bytes + 3) & ~3;
}

/**
 * The entries after the cookie.
 * @throws Nfs3Error TOOSMALL where not one entry fits
 */
export async function listDirectory(
  context: CallContext,
  directory: Node,
  cookie: number,
  { maxCount, directoryCount, perEntry }: ListingLimits,
): Promise<{ readonly entries: readonly ListedEntry[]; readonly eof: boolean }> {
  const entries: ListedEntry[] = [];
  let room = Math.min(maxCount, largestReply) - emptyResult;
  let nameRoom = directoryCount;
  for (let after = cookie; ;) {
    const usual = entryOverhead + usualName + perEntry;
    const limit = Math.min(Math.max(Math.ceil(Math.min(room, nameRoom * 8) / usual), 1), largestBatch);
    const page = await nextEntries(context, directory, after, limit);
    for (const entry of page.entries) {
      const length = entryOverhead + padded(entry.name.length);
      if (length + perEntry > room || (entries.length > 0 && length > nameRoom)) return full(entries);
      room -= length + perEntry;
      nameRoom -= length;
      entries.push(entry);
      after = entry.cookie;
    }
    if (page.end) return { entries, eof: true };
  }
}

function full(entries: readonly ListedEntry[]): { readonly entries: readonly ListedEntry[]; readonly eof: boolean } {
  if (entries.length === 0) throw new Nfs3Error(Nfs3Status.TOOSMALL);
  return { entries, eof: false };
}

async function nextEntries(
  { caller, fileSystem }: CallContext,
  directory: Node,
  after: number,
  limit: number,
): Promise<{ readonly entries: readonly ListedEntry[]; readonly end: boolean }> {
  const entries: ListedEntry[] = [];
  if (after < dotCookie) entries.push({ name: Buffer.from('.'), cookie: dotCookie, node: directory });
  if (after < dotDotCookie) {
    const node = await parentOf(fileSystem, directory, caller);
    entries.push({ name: Buffer.from('..'), cookie: dotDotCookie, node });
  }
  // Below the first entry is the beginning, where the file system asks what is new.
  const page = await fileSystem.readDirectory(directory, after <= dotDotCookie ? 0 : after, limit, caller);
  if (page.entries.length === 0 && !page.end)
    throw new FileSystemError('IO', 'a page without entries that does not end the directory');
  for (const { name, cookie, node } of page.entries) entries.push({ name: Buffer.from(name, 'utf8'), cookie, node });
  return { entries, end: page.end };
}
