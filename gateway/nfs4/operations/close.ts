import type { Decoded } from '../../rpc/xdr.ts';
import { stateid, type StateidValue } from '../codec/basic.ts';
import { closeArguments } from '../codec/opens.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';
import { stateidOf } from '../state/client.ts';
import { invalidStateid } from '../state/stateid.ts';
import { inOpenOwnersTurn } from './owner-turn.ts';

/** RFC 8881 §18.2: locks under the open go with it. */
export const close: Operation<Decoded<typeof closeArguments>, StateidValue> = {
  opcode: Opcode.CLOSE,
  name: 'CLOSE',
  minorVersions: [0, 1, 2],
  arguments: closeArguments,
  result: stateid,
  async perform(context, args) {
    const closed = await inOpenOwnersTurn(context, args, Opcode.CLOSE, async (state) => {
      await context.state.opens.close(state);
      return stateidOf(state);
    });
    if (context.minorVersion === 0) return closed;
    context.currentStateid = invalidStateid;
    return invalidStateid;
  },
};
