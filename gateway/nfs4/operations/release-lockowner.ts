import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { releaseLockOwnerArguments } from '../codec/locks.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';

/** RFC 7530 §16.37; 4.1 has FREE_STATEID. */
export const releaseLockowner: Operation<Decoded<typeof releaseLockOwnerArguments>, undefined> = {
  opcode: Opcode.RELEASE_LOCKOWNER,
  name: 'RELEASE_LOCKOWNER',
  minorVersions: [0],
  arguments: releaseLockOwnerArguments,
  result: voidCodec,
  perform(context, { owner }) {
    const client = context.state.clients40.require(owner.clientid);
    context.state.locking.release(client, owner.owner);
    return undefined;
  },
};
