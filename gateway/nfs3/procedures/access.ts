import { Access } from '../../filesystem/file-system.ts';
import type { Decoded } from '../../rpc/xdr.ts';
import { accessArguments, accessOk } from '../codec/files.ts';
import type { Procedure } from '../procedure.ts';
import { attributesAfter } from '../weak-cache.ts';

/** ACCESS3_…; others are of NFSv4.2 (RFC 8276 §8.5) and mean nothing here. */
const known = Access.read | Access.lookup | Access.modify | Access.extend | Access.delete | Access.execute;

/** RFC 1813 §3.3.4 */
export const access: Procedure<Decoded<typeof accessArguments>, Decoded<typeof accessOk>> = {
  number: 4,
  name: 'ACCESS',
  arguments: accessArguments,
  result: accessOk,
  told: ({ object }) => [{ handle: object, as: 'attributes' }],
  async perform({ caller, fileSystem, resolve }, { object, access: asked }) {
    const node = resolve(object);
    const granted = await fileSystem.access(node, asked & known, caller);
    return { attributes: await attributesAfter(fileSystem, node), access: granted };
  },
};
