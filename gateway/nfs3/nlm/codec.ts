/** NLM version 4. RFC 1813 §6; what it has in common with version 3 is in X/Open's XNFS, chapter 10. */
import type { LockRange } from '../../filesystem/locks/byte-range-locks.ts';
import { endOfFile } from '../../filesystem/locks/byte-range-locks.ts';
import type { ShareMask } from '../../filesystem/locks/shares.ts';
import {
  boolean,
  enumeration,
  int32,
  opaque,
  string,
  struct,
  uint64,
  union,
  voidCodec,
  type Codec,
  type Decoded,
} from '../../rpc/xdr.ts';

export const nlmProgram = 100021;

/** nlm4_stats */
export const NlmStatus = {
  GRANTED: 0,
  DENIED: 1,
  DENIED_NOLOCKS: 2,
  BLOCKED: 3,
  DENIED_GRACE_PERIOD: 4,
  DEADLCK: 5,
  ROFS: 6,
  STALE_FH: 7,
  FBIG: 8,
  FAILED: 9,
} as const;
export type NlmStatus = (typeof NlmStatus)[keyof typeof NlmStatus];

export const NlmProcedure = {
  NULL: 0,
  TEST: 1,
  LOCK: 2,
  CANCEL: 3,
  UNLOCK: 4,
  GRANTED: 5,
  TEST_MSG: 6,
  LOCK_MSG: 7,
  CANCEL_MSG: 8,
  UNLOCK_MSG: 9,
  GRANTED_MSG: 10,
  TEST_RES: 11,
  LOCK_RES: 12,
  CANCEL_RES: 13,
  UNLOCK_RES: 14,
  GRANTED_RES: 15,
  SHARE: 20,
  UNSHARE: 21,
  NM_LOCK: 22,
  FREE_ALL: 23,
} as const;

/** MAXNETOBJ_SZ, LM_MAXSTRLEN, bytes. */
const netobj = opaque(1024);
const callerName = string(1024);

/** l_offset and l_len; a length of 0 goes to the end of the file, and so does one that would go beyond 64 bits. */
const range: Codec<LockRange> = {
  decode(reader) {
    const start = reader.uint64();
    const length = reader.uint64();
    const end = start + length;
    return { start, end: length === 0n || end > endOfFile ? endOfFile : end };
  },
  encode(writer, { start, end }) {
    uint64.encode(writer, start);
    uint64.encode(writer, end === endOfFile ? 0n : end - start);
  },
};

/** nlm4_lock */
export const lock = struct({ callerName, handle: netobj, owner: netobj, svid: int32, range });
export type Lock = Decoded<typeof lock>;

/** nlm4_testargs, also GRANTED's */
export const testArguments = struct({ cookie: netobj, exclusive: boolean, lock });
export const lockArguments = struct({
  cookie: netobj,
  block: boolean,
  exclusive: boolean,
  lock,
  reclaim: boolean,
  /** NSM's state number of the client. */
  state: int32,
});
export const cancelArguments = struct({ cookie: netobj, block: boolean, exclusive: boolean, lock });
export const unlockArguments = struct({ cookie: netobj, lock });

const status = enumeration('nlm4_stats', Object.values(NlmStatus));

/** nlm4_res */
export const plainResult = struct({ cookie: netobj, status });

/** nlm4_holder */
export const holder = struct({ exclusive: boolean, svid: int32, owner: netobj, range });
export type Holder = Decoded<typeof holder>;

/** nlm4_testres */
export const testResult = struct({
  cookie: netobj,
  result: union('status', { [NlmStatus.DENIED]: holder }, voidCodec),
});

/** fsh4_mode and fsh4_access have the values of share masks. */
const mask: Codec<ShareMask> = enumeration<ShareMask>('fsh4_mode', [0, 1, 2, 3]);

export const shareArguments = struct({
  cookie: netobj,
  callerName,
  handle: netobj,
  owner: netobj,
  mode: mask,
  access: mask,
  reclaim: boolean,
});
export type ShareArguments = Decoded<typeof shareArguments>;

/** nlm4_shareres */
export const shareResult = struct({ cookie: netobj, status, sequence: int32 });

/** nlm4_notify, of FREE_ALL */
export const freeAllArguments = struct({ callerName, state: int32 });
