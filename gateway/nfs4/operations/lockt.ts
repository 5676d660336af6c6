import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { lockDenied, lockTestArguments } from '../codec/locks.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';
import { lockKind, lockRange } from '../state/locking.ts';
import { requireRegular } from '../node-type.ts';

/** RFC 7530 §16.11: needs no open. */
export const lockt: Operation<Decoded<typeof lockTestArguments>, undefined> = {
  opcode: Opcode.LOCKT,
  name: 'LOCKT',
  minorVersions: [0, 1, 2],
  arguments: lockTestArguments,
  result: voidCodec,
  failure: { [Nfs4Status.DENIED]: lockDenied },
  async perform(context, { type, offset, length, owner }) {
    const node = context.requireCurrent();
    await requireRegular(context.fileSystem, node, context.minorVersion);
    const kind = lockKind(type);
    const range = lockRange(offset, length);
    const client = context.state.clientNamed(owner.clientid, context);
    if (context.state.recovery.isHeldBack(node.key, client)) throw new Nfs4Error(Nfs4Status.GRACE);
    // An owner that nobody knows has no locks of its own.
    const known = client.lockOwners.get(owner.owner.toString('latin1'));
    const holder = known ?? { clientid: client.clientid, owner: owner.owner, svid: 0 };
    // A client with a delegation keeps its locks to itself.
    await context.state.delegations.yielded(node.key, kind, client);
    await context.state.locking.requireFree(node.key, holder, kind, range);
    return undefined;
  },
};
