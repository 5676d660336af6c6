import type { Decoded } from '../../rpc/xdr.ts';
import { testStateidArguments, testStateidResult } from '../codec/opens.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type CompoundContext, type Operation } from '../operation.ts';
import type { StateidValue } from '../codec/basic.ts';
import { classify } from '../state/stateid.ts';

/** RFC 8881 §18.48. */
export const testStateid: Operation<Decoded<typeof testStateidArguments>, Decoded<typeof testStateidResult>> = {
  opcode: Opcode.TEST_STATEID,
  name: 'TEST_STATEID',
  minorVersions: [1, 2],
  arguments: testStateidArguments,
  result: testStateidResult,
  perform: (context, { stateids }) => ({ statuses: stateids.map((stateid) => statusOf(context, stateid)) }),
};

function statusOf(context: CompoundContext, stateid: StateidValue): Nfs4Status {
  // The special ones, “current” among them, have no state to test.
  if (classify(stateid, context.minorVersion) !== 'ordinary') return Nfs4Status.BAD_STATEID;
  try {
    context.state.io.require(stateid, undefined, context);
    return Nfs4Status.OK;
  } catch (error) {
    if (error instanceof Nfs4Error) return error.status;
    throw error;
  }
}
