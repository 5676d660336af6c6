/** OPEN and what goes with an open: RFC 7531, with the additions of RFC 5662. */
import { gathered } from '../../rpc/gathered.ts';
import {
  boolean,
  opaque,
  struct,
  uint32,
  union,
  voidCodec,
  array,
  size64,
  uint64,
  type Decoded,
} from '../../rpc/xdr.ts';
import { bitmap, changeInfo, clientId, component, opaqueLimit, rawAttributes, stateid, verifier } from './basic.ts';

/** open_owner4, lock_owner4 (state_owner4) */
export const stateOwner = struct({ clientid: clientId, owner: opaque(opaqueLimit) });

export type StateOwner = Decoded<typeof stateOwner>;

/** createmode4 */
export const CreateMode = { UNCHECKED: 0, GUARDED: 1, EXCLUSIVE: 2, EXCLUSIVE_1: 3 } as const;

/** createhow4 */
const createHow = union('mode', {
  [CreateMode.UNCHECKED]: rawAttributes,
  [CreateMode.GUARDED]: rawAttributes,
  [CreateMode.EXCLUSIVE]: verifier,
  [CreateMode.EXCLUSIVE_1]: struct({ verifier, attributes: rawAttributes }),
});

export type WireCreateHow = Decoded<typeof createHow>;

/** opentype4 */
export const OpenType = { NOCREATE: 0, CREATE: 1 } as const;

/** openflag4 */
const openFlag = union('type', { [OpenType.NOCREATE]: voidCodec, [OpenType.CREATE]: createHow });

/** open_claim_type4 */
export const Claim = {
  NULL: 0,
  PREVIOUS: 1,
  DELEGATE_CUR: 2,
  DELEGATE_PREV: 3,
  FH: 4,
  DELEG_CUR_FH: 5,
  DELEG_PREV_FH: 6,
} as const;

/** open_claim4 */
const openClaim = union('type', {
  [Claim.NULL]: component,
  [Claim.PREVIOUS]: uint32,
  [Claim.DELEGATE_CUR]: struct({ stateid, file: component }),
  [Claim.DELEGATE_PREV]: component,
  [Claim.FH]: voidCodec,
  [Claim.DELEG_CUR_FH]: stateid,
  [Claim.DELEG_PREV_FH]: voidCodec,
});

/** Bits of share_access beside OPEN4_SHARE_ACCESS_READ and _WRITE, RFC 8881 §18.16.1. */
export const ShareAccessWant = {
  MASK: 0xff00,
  READ_DELEG: 0x0100,
  WRITE_DELEG: 0x0200,
  ANY_DELEG: 0x0300,
  NO_DELEG: 0x0400,
  CANCEL: 0x0500,
  SIGNAL_WHEN_AVAILABLE: 0x1_0000,
  PUSH_WHEN_UNCONTENDED: 0x2_0000,
  /** RFC 9754 §3.2, §3.3: 4.2 alone. A server that does not offer it takes no notice. */
  DELEG_TIMESTAMPS: 0x10_0000,
  OPEN_XOR_DELEGATION: 0x20_0000,
} as const;

/** OPEN4args */
export const openArguments = struct({
  seqid: uint32,
  shareAccess: uint32,
  shareDeny: uint32,
  owner: stateOwner,
  how: openFlag,
  claim: openClaim,
});

export type OpenArguments = Decoded<typeof openArguments>;

/** Bits of rflags. */
export const OpenResultFlag = { CONFIRM: 2, LOCKTYPE_POSIX: 4, PRESERVE_UNLINKED: 8, MAY_NOTIFY_LOCK: 0x20 } as const;

/** why_no_delegation4, those that are given. */
export const WhyNoDelegation = { NOT_WANTED: 0, CONTENTION: 1, RESOURCE: 2, CANCELLED: 7 } as const;

/** open_delegation_type4 */
export const DelegationType = { NONE: 0, READ: 1, WRITE: 2, NONE_EXT: 3 } as const;

/** open_none_delegation4; the booleans: whether a callback will tell when one becomes available. */
const noDelegation = union(
  'why',
  { [WhyNoDelegation.CONTENTION]: boolean, [WhyNoDelegation.RESOURCE]: boolean },
  voidCodec,
);

/** nfsace4 */
const accessControlEntry = struct({ type: uint32, flags: uint32, mask: uint32, who: component });

/** nfs_space_limit4, by size alone. */
const spaceLimit = union('by', { 1: uint64 });

/** open_delegation4 */
const openDelegation = union('type', {
  [DelegationType.NONE]: voidCodec,
  [DelegationType.READ]: struct({ stateid, recall: boolean, permissions: accessControlEntry }),
  [DelegationType.WRITE]: struct({ stateid, recall: boolean, spaceLimit, permissions: accessControlEntry }),
  [DelegationType.NONE_EXT]: noDelegation,
});

export type OpenDelegation = Decoded<typeof openDelegation>;

/** OPEN4resok */
export const openResult = struct({
  stateid,
  directory: changeInfo,
  flags: uint32,
  attributesSet: bitmap,
  delegation: openDelegation,
});

export type OpenResult = Decoded<typeof openResult>;

/** OPEN_CONFIRM4args */
export const openConfirmArguments = struct({ stateid, seqid: uint32 });

/** OPEN_DOWNGRADE4args */
export const openDowngradeArguments = struct({ stateid, seqid: uint32, shareAccess: uint32, shareDeny: uint32 });

/** CLOSE4args */
export const closeArguments = struct({ seqid: uint32, stateid });

/** READ4args */
export const readArguments = struct({ stateid, offset: size64, count: uint32 });

/** READ4resok */
export const readResult = struct({ eof: boolean, data: gathered });

/** stable_how4 */
export const StableHow = { UNSTABLE: 0, DATA_SYNC: 1, FILE_SYNC: 2 } as const;

/** WRITE4args; the data are as long as the record allows. */
export const writeArguments = struct({ stateid, offset: size64, stable: uint32, data: opaque(0xffff_ffff) });

/** WRITE4resok */
export const writeResult = struct({ count: uint32, committed: uint32, verifier });

/** DELEGRETURN4args */
export const delegReturnArguments = struct({ stateid });

/** DELEGPURGE4args */
export const delegPurgeArguments = struct({ clientid: clientId });

/** TEST_STATEID4args */
export const testStateidArguments = struct({ stateids: array(stateid, 4096) });

/** TEST_STATEID4resok */
export const testStateidResult = struct({ statuses: array(uint32, 4096) });

/** FREE_STATEID4args */
export const freeStateidArguments = struct({ stateid });
