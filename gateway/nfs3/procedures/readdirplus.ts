import type { Decoded } from '../../rpc/xdr.ts';
import { readdirplusArguments, readdirplusOk, type EntryPlus } from '../codec/directories.ts';
import { anyVerifier, listDirectory, type ListedEntry } from '../directory-listing.ts';
import type { CallContext, Procedure } from '../procedure.ts';
import { requireDirectory } from '../require-directory.ts';
import { attributesAfter } from '../weak-cache.ts';

/** post_op_attr and post_op_fh3 of our handles: bytes that an entry takes beside fileid, name and cookie. */
const attributesAndHandle = 4 + 84 + 4 + 4 + 36;

/** RFC 1813 §3.3.17 */
export const readdirplus: Procedure<Decoded<typeof readdirplusArguments>, Decoded<typeof readdirplusOk>> = {
  number: 17,
  name: 'READDIRPLUS',
  arguments: readdirplusArguments,
  result: readdirplusOk,
  told: ({ directory }) => [{ handle: directory, as: 'attributes' }],
  async perform(context, { directory: handle, cookie, directoryCount, maxCount }) {
    const directory = context.resolve(handle);
    requireDirectory(directory);
    const limits = { maxCount, directoryCount, perEntry: attributesAndHandle };
    const { entries, eof } = await listDirectory(context, directory, cookie, limits);
    return {
      attributes: await attributesAfter(context.fileSystem, directory),
      verifier: anyVerifier,
      entries: await Promise.all(entries.map((entry) => withAttributes(context, entry))),
      eof,
    };
  },
};

/** What has gone since it was listed, or cannot be described now, is listed without: the client looks it up. */
async function withAttributes({ fileSystem }: CallContext, { name, cookie, node }: ListedEntry): Promise<EntryPlus> {
  const attributes = await attributesAfter(fileSystem, node);
  return { fileid: node.fileid, name, cookie, attributes, handle: node.handle };
}
