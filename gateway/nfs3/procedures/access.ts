import type { Decoded } from '../../rpc/xdr.ts';
import { accessArguments, accessOk } from '../codec/files.ts';
import type { Procedure } from '../procedure.ts';
import { attributesAfter } from '../weak-cache.ts';

/** RFC 1813 §3.3.4 */
export const access: Procedure<Decoded<typeof accessArguments>, Decoded<typeof accessOk>> = {
  number: 4,
  name: 'ACCESS',
  arguments: accessArguments,
  result: accessOk,
  told: ({ object }) => [{ handle: object, as: 'attributes' }],
  async perform({ caller, fileSystem, resolve }, { object, access: asked }) {
    const node = resolve(object);
    const granted = await fileSystem.access(node, asked, caller);
    return { attributes: await attributesAfter(fileSystem, node), access: granted };
  },
};
