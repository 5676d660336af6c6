import { maxTransfer } from '../../filesystem/limits.ts';
import type { Decoded } from '../../rpc/xdr.ts';
import { readArguments, readOk } from '../codec/files.ts';
import type { Procedure } from '../procedure.ts';
import { requireShare } from '../share.ts';
import { attributesAfter } from '../weak-cache.ts';

/** RFC 1813 §3.3.6: of what is too long for one READ, the first part. */
export const read: Procedure<Decoded<typeof readArguments>, Decoded<typeof readOk>> = {
  number: 6,
  name: 'READ',
  arguments: readArguments,
  result: readOk,
  told: ({ file }) => [{ handle: file, as: 'attributes' }],
  async perform({ caller, fileSystem, locks, resolve }, { file, offset, count: asked }) {
    const node = resolve(file);
    await requireShare(locks, node, 'read', caller);
    const { data, eof } = await fileSystem.read(node, offset, Math.min(asked, maxTransfer), caller);
    const count = data.reduce((sum, part) => sum + part.length, 0);
    return { attributes: await attributesAfter(fileSystem, node), count, eof, data };
  },
};
