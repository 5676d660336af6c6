import type { Decoded } from '../../rpc/xdr.ts';
import { readlinkArguments, readlinkOk } from '../codec/files.ts';
import type { Procedure } from '../procedure.ts';
import { attributesAfter } from '../weak-cache.ts';

/** RFC 1813 §3.3.5 */
export const readlink: Procedure<Decoded<typeof readlinkArguments>, Decoded<typeof readlinkOk>> = {
  number: 5,
  name: 'READLINK',
  arguments: readlinkArguments,
  result: readlinkOk,
  told: ({ symlink }) => [{ handle: symlink, as: 'attributes' }],
  async perform({ caller, fileSystem, resolve }, { symlink }) {
    const node = resolve(symlink);
    const target = Buffer.from(await fileSystem.readLink(node, caller), 'utf8');
    return { attributes: await attributesAfter(fileSystem, node), target };
  },
};
