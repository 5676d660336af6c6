import { maxTransfer } from '../../filesystem/limits.ts';
import type { Decoded } from '../../rpc/xdr.ts';
import { DataContent, readPlusArguments, readPlusResult } from '../codec/holes.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';
import { requireFile } from './regular-file.ts';

/** RFC 7862 §15.10. Holes are told, not sent. */
export const readPlus: Operation<Decoded<typeof readPlusArguments>, Decoded<typeof readPlusResult>> = {
  opcode: Opcode.READ_PLUS,
  name: 'READ_PLUS',
  minorVersions: [2],
  arguments: readPlusArguments,
  result: readPlusResult,
  async perform(context, { stateid, offset, count }) {
    const node = context.requireCurrent();
    requireFile(node);
    const open = await context.state.openFor(stateid, node, context, 'read');
    const length = Math.min(count, maxTransfer);
    const { stretches, eof } = await context.fileSystem.readStretches({ node, open }, offset, length, context.caller);
    return {
      eof,
      contents: stretches.map((stretch) =>
        stretch.data === undefined
          ? { type: DataContent.HOLE, value: { offset: stretch.offset, length: stretch.length } }
          : { type: DataContent.DATA, value: { offset: stretch.offset, data: stretch.data } },
      ),
    };
  },
};
