import type { Decoded } from '../../rpc/xdr.ts';
import { readdirArguments, readdirOk } from '../codec/directories.ts';
import { anyVerifier, listDirectory } from '../directory-listing.ts';
import type { Procedure } from '../procedure.ts';
import { requireDirectory } from '../require-directory.ts';
import { attributesAfter } from '../weak-cache.ts';

/** RFC 1813 §3.3.16 */
export const readdir: Procedure<Decoded<typeof readdirArguments>, Decoded<typeof readdirOk>> = {
  number: 16,
  name: 'READDIR',
  arguments: readdirArguments,
  result: readdirOk,
  told: ({ directory }) => [{ handle: directory, as: 'attributes' }],
  async perform(context, { directory: handle, cookie, count }) {
    const directory = context.resolve(handle);
    requireDirectory(directory);
    const limits = { maxCount: count, directoryCount: Infinity, perEntry: 0 };
    const { entries, eof } = await listDirectory(context, directory, cookie, limits);
    return {
      attributes: await attributesAfter(context.fileSystem, directory),
      verifier: anyVerifier,
      entries: entries.map(({ name, cookie: at, node }) => ({ fileid: node.fileid, name, cookie: at })),
      eof,
    };
  },
};
