import type { StateidValue } from '../codec/basic.ts';
import { lockArguments, lockDenied, lockResult, type LockArguments, type Locker } from '../codec/locks.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type CompoundContext, type Operation } from '../operation.ts';
import { stateidOf, type LockOwner, type LockState, type OpenState } from '../state/client.ts';
import { isBlocking, lockKind, lockRange } from '../state/locking.ts';
import { inOpenOwnersTurn } from './owner-turn.ts';
import { requireFile } from './regular-file.ts';

type NewOwner = Extract<Locker, { newOwner: 1 }>['value'];
type KnownOwner = Extract<Locker, { newOwner: 0 }>['value'];

/** RFC 7530 §16.10, RFC 8881 §18.10. The blocking types are answered at once as well: their client asks again, in 4.1 when it is told to. */
export const lock: Operation<LockArguments, { readonly stateid: StateidValue }> = {
  opcode: Opcode.LOCK,
  name: 'LOCK',
  minorVersions: [0, 1, 2],
  arguments: lockArguments,
  result: lockResult,
  failure: { [Nfs4Status.DENIED]: lockDenied },
  async perform(context, args) {
    requireFile(context.requireCurrent());
    const { locker } = args;
    const stateid =
      locker.newOwner === 1
        ? await byNewOwner(context, args, locker.value)
        : await byKnownOwner(context, args, locker.value);
    context.currentStateid = stateid;
    return { stateid };
  },
};

/** The first lock of an owner in a file: in 4.0 in the turn of the open-owner and of the lock-owner (RFC 7530 §9.1.9). */
function byNewOwner(context: CompoundContext, args: LockArguments, locker: NewOwner): Promise<StateidValue> {
  const turn = { stateid: locker.openStateid, seqid: locker.openSeqid };
  return inOpenOwnersTurn(context, turn, Opcode.LOCK, async (open) => {
    const isForeign = context.minorVersion === 0 && locker.owner.clientid !== open.client.clientid;
    if (isForeign || !open.owner.confirmed) throw new Nfs4Error(Nfs4Status.BAD_STATEID);
    const owner = open.client.lockOwner(locker.owner.owner);
    const perform = (): Promise<StateidValue> => take(context, args, owner, open);
    if (context.minorVersion > 0) return perform();
    return owner.sequence.run(locker.lockSeqid, Opcode.LOCK, perform, false);
  });
}

async function byKnownOwner(context: CompoundContext, args: LockArguments, locker: KnownOwner): Promise<StateidValue> {
  const { state } = context;
  const node = context.requireCurrent();
  const held = (): LockState => {
    const found = state.io.require(locker.stateid, node, context);
    if (found.type !== 'lock') throw new Nfs4Error(Nfs4Status.BAD_STATEID, 'not of locks');
    return found;
  };
  if (context.minorVersion > 0) return take(context, args, held().owner, held());
  const known = state.stateids.find(locker.stateid, undefined, 0);
  if (known.type !== 'lock') throw new Nfs4Error(Nfs4Status.BAD_STATEID, 'not of locks');
  state.leases.renew(known.client);
  return known.owner.sequence.run(locker.seqid, Opcode.LOCK, async () =>
    take(context, args, known.owner, reopened(known) ?? held()),
  );
}

/**
 * macOS goes on with the lock stateid it had before it closed the file and opened it again. The owner's open of the
 * same file stands in for the one that is gone.
 */
function reopened(known: LockState): OpenState | undefined {
  if (known.status !== 'closed') return undefined;
  return known.open.owner.opens.get(known.node.key);
}

async function take(
  context: CompoundContext,
  args: LockArguments,
  owner: LockOwner,
  by: OpenState | LockState,
): Promise<StateidValue> {
  const { state } = context;
  const nodeKey = context.requireCurrent().key;
  if (by.node.key !== nodeKey) throw new Nfs4Error(Nfs4Status.BAD_STATEID);
  const kind = lockKind(args.type);
  const range = lockRange(args.offset, args.length);
  if (args.reclaim) state.recovery.requireReclaimable(owner.client, nodeKey, 'lock');
  else state.requireNoGraceForLock(owner.client, nodeKey);
  try {
    return stateidOf(await state.locking.lock(owner, by, kind, range));
  } catch (error) {
    const isConflict = error instanceof Nfs4Error && error.status === Nfs4Status.DENIED;
    if (args.reclaim && isConflict) throw new Nfs4Error(Nfs4Status.RECLAIM_CONFLICT);
    if (isConflict && isBlocking(args.type)) state.lockWaits.add(owner, by.node, kind, range);
    throw error;
  }
}
