/** LOCK, LOCKT, LOCKU and RELEASE_LOCKOWNER of RFC 7531. */
import { boolean, struct, uint32, uint64, union, type Decoded } from '../../rpc/xdr.ts';
import { stateid } from './basic.ts';
import { stateOwner } from './opens.ts';

/** nfs_lock_type4; the blocking ones say that the client is going to ask again. */
export const LockType = { READ: 1, WRITE: 2, READ_BLOCKING: 3, WRITE_BLOCKING: 4 } as const;

/** locker4; discriminated by the boolean new_lock_owner. */
const locker = union('newOwner', {
  1: struct({ openSeqid: uint32, openStateid: stateid, lockSeqid: uint32, owner: stateOwner }),
  0: struct({ stateid, seqid: uint32 }),
});

export type Locker = Decoded<typeof locker>;

/** LOCK4args */
export const lockArguments = struct({ type: uint32, reclaim: boolean, offset: uint64, length: uint64, locker });

export type LockArguments = Decoded<typeof lockArguments>;

/** LOCK4resok, LOCKU's stateid */
export const lockResult = struct({ stateid });

/** LOCK4denied */
export const lockDenied = struct({ offset: uint64, length: uint64, type: uint32, owner: stateOwner });

export type LockDenied = Decoded<typeof lockDenied>;

/** LOCKT4args */
export const lockTestArguments = struct({ type: uint32, offset: uint64, length: uint64, owner: stateOwner });

/** LOCKU4args */
export const lockUnlockArguments = struct({
  type: uint32,
  seqid: uint32,
  stateid,
  offset: uint64,
  length: uint64,
});

/** RELEASE_LOCKOWNER4args */
export const releaseLockOwnerArguments = struct({ owner: stateOwner });
