import type { Decoded } from '../../rpc/xdr.ts';
import { stateid, type StateidValue } from '../codec/basic.ts';
import { openDowngradeArguments } from '../codec/opens.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';
import { stateidOf } from '../state/client.ts';
import { requestedShare } from './open-arguments.ts';
import { inOpenOwnersTurn } from './owner-turn.ts';

/** RFC 8881 §18.18: with the last write access the file is due for upload. */
export const openDowngrade: Operation<Decoded<typeof openDowngradeArguments>, StateidValue> = {
  opcode: Opcode.OPEN_DOWNGRADE,
  name: 'OPEN_DOWNGRADE',
  minorVersions: [0, 1, 2],
  arguments: openDowngradeArguments,
  result: stateid,
  async perform(context, args) {
    const downgraded = await inOpenOwnersTurn(context, args, Opcode.OPEN_DOWNGRADE, async (state) => {
      await context.state.opens.downgrade(state, requestedShare(args, context.minorVersion));
      return stateidOf(state);
    });
    context.currentStateid = downgraded;
    return downgraded;
  },
};
