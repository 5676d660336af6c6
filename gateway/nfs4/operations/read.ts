import type { ReadResult } from '../../filesystem/file-system.ts';
import { maxTransfer } from '../../filesystem/limits.ts';
import type { Decoded } from '../../rpc/xdr.ts';
import { readArguments, readResult } from '../codec/opens.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';
import { requireFile } from './regular-file.ts';

/** RFC 8881 §18.22. */
export const read: Operation<Decoded<typeof readArguments>, ReadResult> = {
  opcode: Opcode.READ,
  name: 'READ',
  minorVersions: [0, 1, 2],
  arguments: readArguments,
  result: readResult,
  async perform(context, { stateid, offset, count }) {
    const node = context.requireCurrent();
    requireFile(node);
    const open = await context.state.io.openState(stateid, node, context, 'read');
    const length = Math.min(count, maxTransfer);
    if (open === undefined) return context.fileSystem.read(node, offset, length, context.caller);
    return open.file.use((file) => file.read(offset, length));
  },
};
