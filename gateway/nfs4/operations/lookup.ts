import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { lookupArguments } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import { requireDirectory } from '../node-type.ts';
import { entryName } from '../names.ts';
import type { Operation } from '../operation.ts';

/** RFC 8881 §18.13 */
export const lookup: Operation<Decoded<typeof lookupArguments>, undefined> = {
  opcode: Opcode.LOOKUP,
  name: 'LOOKUP',
  minorVersions: [0, 1, 2],
  arguments: lookupArguments,
  result: voidCodec,
  async perform(context, args) {
    const directory = context.requireCurrent();
    const name = entryName(args.name);
    await requireDirectory(context.fileSystem, directory);
    context.current = await context.fileSystem.lookup(directory, name, context.caller);
  },
};
