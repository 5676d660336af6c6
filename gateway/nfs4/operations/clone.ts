import { voidCodec } from '../../rpc/xdr.ts';
import type { Decoded } from '../../rpc/xdr.ts';
import { cloneArguments } from '../codec/copies.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';
import { copiedFiles } from './copied-files.ts';

/** RFC 7862 §15.13: all of the range at once, or an error. */
export const clone: Operation<Decoded<typeof cloneArguments>, undefined> = {
  opcode: Opcode.CLONE,
  name: 'CLONE',
  minorVersions: [2],
  arguments: cloneArguments,
  result: voidCodec,
  async perform(context, args) {
    const { source, target } = await copiedFiles(context, args);
    const { sourceOffset, targetOffset, count } = args;
    await context.fileSystem.clone(source, target, { sourceOffset, targetOffset, length: count }, context.caller);
    return undefined;
  },
};
