import { sequenceArguments, sequenceResult, type SequenceArguments, type SequenceResult } from '../codec/sessions.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';

/** RFC 8881 §18.46. With SP4_NONE a connection belongs to the session by being used for it (§2.10.3.1). */
export const sequence: Operation<SequenceArguments, SequenceResult> = {
  opcode: Opcode.SEQUENCE,
  name: 'SEQUENCE',
  minorVersions: [1, 2],
  arguments: sequenceArguments,
  result: sequenceResult,
  perform(context, args) {
    if (context.position.index !== 0) throw new Nfs4Error(Nfs4Status.SEQUENCE_POS);
    const { use, result } = context.state.sessions.begin(args, context);
    context.slot = use;
    return result;
  },
};
