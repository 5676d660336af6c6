import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { allocateArguments } from '../codec/holes.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';
import { changedRange } from './changed-range.ts';

/** RFC 7862 §15.1. */
export const allocate: Operation<Decoded<typeof allocateArguments>, undefined> = {
  opcode: Opcode.ALLOCATE,
  name: 'ALLOCATE',
  minorVersions: [2],
  arguments: allocateArguments,
  result: voidCodec,
  async perform(context, args) {
    const file = await changedRange(context, args);
    await context.fileSystem.allocate(file, args.offset, args.length, context.caller);
    return undefined;
  },
};
