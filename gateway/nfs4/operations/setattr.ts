import type { Codec, Decoded } from '../../rpc/xdr.ts';
import { changedAttributes, decodeAttributeChanges } from '../attributes/decode.ts';
import type { Bitmap } from '../codec/basic.ts';
import { setattrArguments, setattrSet } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import type { Operation } from '../operation.ts';

/** SETATTR4res is a struct, not a union: what was set follows every status. */
const failure = Object.fromEntries(Object.values(Nfs4Status).map((status) => [status, setattrSet])) as Readonly<
  Record<Nfs4Status, Codec<unknown>>
>;

/** RFC 8881 §18.30: all of the changes or none. The stateid matters where the size is set. */
export const setattr: Operation<Decoded<typeof setattrArguments>, Bitmap | undefined> = {
  opcode: Opcode.SETATTR,
  name: 'SETATTR',
  minorVersions: [0, 1, 2],
  arguments: setattrArguments,
  result: setattrSet,
  failure,
  async perform(context, { stateid, attributes }) {
    const node = context.requireCurrent();
    const changes = decodeAttributeChanges(attributes, context.minorVersion);
    if (attributes.mask === 0n) return 0n;
    const open = changes.size === undefined ? undefined : await context.state.openFor(stateid, node, context);
    await context.fileSystem.setAttributes(node, changes, context.operationContext(), open);
    return changedAttributes(changes);
  },
};
