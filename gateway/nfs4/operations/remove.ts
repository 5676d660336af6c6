import type { Decoded } from '../../rpc/xdr.ts';
import { removeArguments, removeOk } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import { entryName } from '../names.ts';
import type { Operation } from '../operation.ts';

/** RFC 8881 §18.25: files and empty directories alike. */
export const remove: Operation<Decoded<typeof removeArguments>, Decoded<typeof removeOk>> = {
  opcode: Opcode.REMOVE,
  name: 'REMOVE',
  minorVersions: [0, 1, 2],
  arguments: removeArguments,
  result: removeOk,
  async perform(context, args) {
    const directory = context.requireCurrent();
    const name = entryName(args.name);
    return { directory: await context.fileSystem.remove(directory, name, undefined, context.operationContext()) };
  },
};
