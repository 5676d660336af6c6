/** Operations as tests write them, with the arguments that seldom matter filled in. */
import { Attribute } from '../../attributes/numbers.ts';
import { bits, type RawAttributes, type StateidValue } from '../../codec/basic.ts';
import { LockType } from '../../codec/locks.ts';
import { Claim, CreateMode, type OpenArguments, StableHow, type WireCreateHow } from '../../codec/opens.ts';
import { close } from '../../operations/close.ts';
import { getfh } from '../../operations/getfh.ts';
import { lock } from '../../operations/lock.ts';
import { lockt } from '../../operations/lockt.ts';
import { lookup } from '../../operations/lookup.ts';
import { open } from '../../operations/open.ts';
import { putfh } from '../../operations/putfh.ts';
import { putrootfh } from '../../operations/putrootfh.ts';
import { read } from '../../operations/read.ts';
import { write } from '../../operations/write.ts';
import { call, type Call } from '../../testing/compound-client.ts';

export const access = { read: 1, write: 2, both: 3 } as const;
export const anonymous: StateidValue = { seqid: 0, other: Buffer.alloc(12) };
export const bypass: StateidValue = { seqid: 0xffff_ffff, other: Buffer.alloc(12, 0xff) };
export const current: StateidValue = { seqid: 1, other: Buffer.alloc(12) };

/** To the directory in which tests make their files. */
export const atData: readonly Call[] = [call(putrootfh, undefined), call(lookup, { name: Buffer.from('data') })];
export const handleOf = call(getfh, undefined);
export const at = (handle: Buffer): Call => call(putfh, { handle });

const noAttributes = { mask: 0n, values: Buffer.alloc(0) };
/** fattr4 with size 0. */
export const truncated = { mask: bits(Attribute.size), values: Buffer.alloc(8) };

/** fattr4 with these permission bits. */
export function modeOf(mode: number): RawAttributes {
  const values = Buffer.alloc(4);
  values.writeUInt32BE(mode);
  return { mask: bits(Attribute.mode), values };
}

export const unchecked: WireCreateHow = { mode: CreateMode.UNCHECKED, value: noAttributes };
export const uncheckedTruncating: WireCreateHow = { mode: CreateMode.UNCHECKED, value: truncated };
export const guarded: WireCreateHow = { mode: CreateMode.GUARDED, value: noAttributes };
export const exclusive = (verifier: string): WireCreateHow => ({
  mode: CreateMode.EXCLUSIVE,
  value: Buffer.from(verifier),
});
export const exclusive1 = (verifier: string): WireCreateHow => ({
  mode: CreateMode.EXCLUSIVE_1,
  value: { verifier: Buffer.from(verifier), attributes: noAttributes },
});

export interface Opening {
  readonly access?: number;
  readonly deny?: number;
  readonly owner?: string;
  readonly seqid?: number;
  readonly how?: WireCreateHow;
  readonly clientid?: bigint;
}

type Opened =
  | { readonly claim?: undefined; readonly name: string }
  | { readonly claim: typeof Claim.DELEGATE_CUR; readonly name: string; readonly stateid: StateidValue }
  | { readonly claim: typeof Claim.DELEG_CUR_FH; readonly stateid: StateidValue }
  | { readonly claim: typeof Claim.PREVIOUS; readonly delegation: number };

function claimOf(what: Opened | 'fh' | 'previous'): OpenArguments['claim'] {
  if (what === 'fh') return { type: Claim.FH, value: undefined };
  if (what === 'previous') return { type: Claim.PREVIOUS, value: 0 };
  switch (what.claim) {
    case undefined:
      return { type: Claim.NULL, value: Buffer.from(what.name) };
    case Claim.DELEGATE_CUR:
      return { type: Claim.DELEGATE_CUR, value: { stateid: what.stateid, file: Buffer.from(what.name) } };
    case Claim.DELEG_CUR_FH:
      return { type: Claim.DELEG_CUR_FH, value: what.stateid };
    case Claim.PREVIOUS:
      return { type: Claim.PREVIOUS, value: what.delegation };
  }
}

/** OPEN of a name, of the current filehandle (`fh`), reclaiming it (`previous`), or by another claim. */
export function opening(what: Opened | 'fh' | 'previous', opts: Opening = {}): Call {
  const claim = claimOf(what);
  return call(open, {
    seqid: opts.seqid ?? 0,
    shareAccess: opts.access ?? access.both,
    shareDeny: opts.deny ?? 0,
    owner: { clientid: opts.clientid ?? 0n, owner: Buffer.from(opts.owner ?? 'opener') },
    how: opts.how === undefined ? { type: 0, value: undefined } : { type: 1, value: opts.how },
    claim,
  });
}

export const closing = (stateid: StateidValue, seqid = 0): Call => call(close, { seqid, stateid });
export const reading = (stateid: StateidValue, offset = 0, count = 100): Call => call(read, { stateid, offset, count });
export const writing = (stateid: StateidValue, text: string, offset = 0): Call =>
  call(write, { stateid, offset, stable: StableHow.FILE_SYNC, data: Buffer.from(text) });

export interface Locking {
  readonly type?: number;
  readonly offset?: bigint;
  readonly length?: bigint;
  readonly reclaim?: boolean;
}

function lockOf(opts: Locking): { type: number; offset: bigint; length: bigint; reclaim: boolean } {
  const { type = LockType.WRITE, offset = 0n, length = 10n, reclaim = false } = opts;
  return { type, offset, length, reclaim };
}

/** The first LOCK of an owner in a file. */
export function firstLock(
  openStateid: StateidValue,
  opts: Locking & {
    readonly owner?: string;
    readonly openSeqid?: number;
    readonly lockSeqid?: number;
    readonly clientid?: bigint;
  } = {},
): Call {
  const owner = { clientid: opts.clientid ?? 0n, owner: Buffer.from(opts.owner ?? 'locker') };
  const { openSeqid = 0, lockSeqid = 0 } = opts;
  return call(lock, { ...lockOf(opts), locker: { newOwner: 1, value: { openSeqid, openStateid, lockSeqid, owner } } });
}

export function nextLock(stateid: StateidValue, opts: Locking & { readonly seqid?: number } = {}): Call {
  return call(lock, { ...lockOf(opts), locker: { newOwner: 0, value: { stateid, seqid: opts.seqid ?? 0 } } });
}

export function testLock(opts: Locking & { readonly owner?: string; readonly clientid?: bigint } = {}): Call {
  const { type, offset, length } = lockOf(opts);
  const owner = { clientid: opts.clientid ?? 0n, owner: Buffer.from(opts.owner ?? 'locker') };
  return call(lockt, { type, offset, length, owner });
}
