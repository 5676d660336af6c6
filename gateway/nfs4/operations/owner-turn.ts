/** Operations that in 4.0 take their turn by the seqid of their owner, and in 4.1 by that of their slot. */
import type { StateidValue } from '../codec/basic.ts';
import type { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type CompoundContext } from '../operation.ts';
import type { LockState, OpenState } from '../state/client.ts';

interface Turn {
  readonly stateid: StateidValue;
  readonly seqid: number;
}

/** @throws Nfs4Error BAD_SEQID, BAD_STATEID (not of an open), and what `perform` throws */
export async function inOpenOwnersTurn<T>(
  context: CompoundContext,
  { stateid, seqid }: Turn,
  opcode: Opcode,
  perform: (state: OpenState) => Promise<T>,
): Promise<T> {
  const node = context.requireCurrent();
  const body = (): Promise<T> => {
    const state = context.state.io.require(stateid, node, context);
    if (state.type !== 'open') throw new Nfs4Error(Nfs4Status.BAD_STATEID, 'not of an open');
    return perform(state);
  };
  if (context.minorVersion > 0) return body();
  // A repeated request finds its owner by a stateid that may be closed by now.
  const state = context.state.stateids.find(stateid, undefined, 0);
  if (state.type !== 'open') throw new Nfs4Error(Nfs4Status.BAD_STATEID, 'not of an open');
  context.state.leases.renew(state.client);
  return state.owner.sequence.run(seqid, opcode, async () => body());
}

/** @throws Nfs4Error BAD_SEQID, BAD_STATEID (not of locks), and what `perform` throws */
export async function inLockOwnersTurn<T>(
  context: CompoundContext,
  { stateid, seqid }: Turn,
  opcode: Opcode,
  perform: (state: LockState) => Promise<T>,
): Promise<T> {
  const node = context.requireCurrent();
  const body = (): Promise<T> => {
    const state = context.state.io.require(stateid, node, context);
    if (state.type !== 'lock') throw new Nfs4Error(Nfs4Status.BAD_STATEID, 'not of locks');
    return perform(state);
  };
  if (context.minorVersion > 0) return body();
  const state = context.state.stateids.find(stateid, undefined, 0);
  if (state.type !== 'lock') throw new Nfs4Error(Nfs4Status.BAD_STATEID, 'not of locks');
  context.state.leases.renew(state.client);
  return state.owner.sequence.run(seqid, opcode, async () => body());
}
