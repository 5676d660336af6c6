import type { Decoded } from '../../rpc/xdr.ts';
import type { StateidValue } from '../codec/basic.ts';
import { lockResult, lockUnlockArguments } from '../codec/locks.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';
import { stateidOf } from '../state/client.ts';
import { lockKind, lockRange } from '../state/locking.ts';
import { inLockOwnersTurn } from './owner-turn.ts';

/** RFC 7530 §16.12: bytes that are not locked may be unlocked too. */
export const locku: Operation<Decoded<typeof lockUnlockArguments>, { readonly stateid: StateidValue }> = {
  opcode: Opcode.LOCKU,
  name: 'LOCKU',
  minorVersions: [0, 1, 2],
  arguments: lockUnlockArguments,
  result: lockResult,
  async perform(context, args) {
    const stateid = await inLockOwnersTurn(context, args, Opcode.LOCKU, (state) => {
      lockKind(args.type);
      context.state.locking.unlock(state, lockRange(args.offset, args.length));
      return Promise.resolve(stateidOf(state));
    });
    context.currentStateid = stateid;
    return { stateid };
  },
};
