import type { Decoded } from '../../rpc/xdr.ts';
import { getattrArguments, getattrOk } from '../codec/files.ts';
import type { Procedure } from '../procedure.ts';

/** RFC 1813 §3.3.1 */
export const getattr: Procedure<Decoded<typeof getattrArguments>, Decoded<typeof getattrOk>> = {
  number: 1,
  name: 'GETATTR',
  arguments: getattrArguments,
  result: getattrOk,
  told: () => [],
  async perform({ fileSystem, resolve }, { object }) {
    return { attributes: await fileSystem.attributes(resolve(object)) };
  },
};
