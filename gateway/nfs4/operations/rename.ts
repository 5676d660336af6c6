import type { Decoded } from '../../rpc/xdr.ts';
import { renameArguments, renameOk } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import { entryName } from '../names.ts';
import type { Operation } from '../operation.ts';

/** RFC 8881 §18.26: from the saved directory to the current one. */
export const rename: Operation<Decoded<typeof renameArguments>, Decoded<typeof renameOk>> = {
  opcode: Opcode.RENAME,
  name: 'RENAME',
  minorVersions: [0, 1, 2],
  arguments: renameArguments,
  result: renameOk,
  async perform(context, { from, to }) {
    const [source, target] = [context.requireSaved(), context.requireCurrent()];
    return context.fileSystem.rename(source, entryName(from), target, entryName(to), context.operationContext());
  },
};
