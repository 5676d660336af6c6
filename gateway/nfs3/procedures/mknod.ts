import type { Decoded } from '../../rpc/xdr.ts';
import { createOk, mknodArguments } from '../codec/names.ts';
import { Nfs3Status } from '../codec/status.ts';
import { made } from '../made.ts';
import { newName } from '../names.ts';
import { Nfs3Error } from '../nfs3-error.ts';
import type { Procedure } from '../procedure.ts';
import { requireDirectory } from '../require-directory.ts';
import { Watch } from '../weak-cache.ts';

const noDevice = { major: 0, minor: 0 };

/** RFC 1813 §3.3.11 */
export const mknod: Procedure<Decoded<typeof mknodArguments>, Decoded<typeof createOk>> = {
  number: 11,
  name: 'MKNOD',
  arguments: mknodArguments,
  result: createOk,
  told: ({ where }) => [{ handle: where.directory, as: 'weak cache consistency' }],
  async perform(context, { where, what }) {
    const { fileSystem } = context;
    const directory = context.resolve(where.directory);
    requireDirectory(directory);
    const name = newName(where.name);
    if (what.type === 'other') throw new Nfs3Error(Nfs3Status.BADTYPE);
    const device = 'device' in what ? what.device : noDevice;
    const watch = new Watch(fileSystem, directory);
    const { type, attributes } = what;
    const operation = context.operationContext();
    return made(context, await fileSystem.makeSpecial(directory, name, type, device, attributes, operation), watch);
  },
};
