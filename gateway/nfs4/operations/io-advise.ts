import type { Decoded } from '../../rpc/xdr.ts';
import { ioAdviseArguments, ioAdviseResult } from '../codec/holes.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';
import { classify } from '../state/stateid.ts';
import { requireFile } from './regular-file.ts';

/** IO_ADVISE4_NORMAL */
const normal = 1n;

/** RFC 7862 §15.5: read-ahead follows what is read, so that no hint is of use, and that is told. */
export const ioAdvise: Operation<Decoded<typeof ioAdviseArguments>, Decoded<typeof ioAdviseResult>> = {
  opcode: Opcode.IO_ADVISE,
  name: 'IO_ADVISE',
  minorVersions: [2],
  arguments: ioAdviseArguments,
  result: ioAdviseResult,
  perform(context, { stateid }) {
    const node = context.requireCurrent();
    requireFile(node);
    const kind = classify(stateid, context.minorVersion);
    if (kind === 'ordinary' || kind === 'current') context.state.io.require(stateid, node, context, true);
    return { hints: normal };
  },
};
