import { voidCodec } from '../../rpc/xdr.ts';
import { Opcode } from '../codec/opcodes.ts';
import { requireDirectory } from '../node-type.ts';
import type { Operation } from '../operation.ts';

/** RFC 8881 §18.14; NOENT at the root of all. */
export const lookupp: Operation<undefined, undefined> = {
  opcode: Opcode.LOOKUPP,
  name: 'LOOKUPP',
  minorVersions: [0, 1, 2],
  arguments: voidCodec,
  result: voidCodec,
  async perform(context) {
    const directory = context.requireCurrent();
    await requireDirectory(context.fileSystem, directory);
    context.current = await context.fileSystem.lookupParent(directory, context.caller);
  },
};
