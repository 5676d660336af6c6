/** share_access and share_deny of OPEN and OPEN_DOWNGRADE, and what becomes of the wish for a delegation. */
import {
  DelegationType,
  ShareAccessWant,
  WhyNoDelegation,
  type OpenArguments,
  type OpenDelegation,
} from '../codec/opens.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type MinorVersion } from '../operation.ts';
import { stateidOf, type DelegationState } from '../state/client.ts';
import { shareBoth, type Share, type ShareMask } from '../../filesystem/locks/shares.ts';

const signals = ShareAccessWant.SIGNAL_WHEN_AVAILABLE | ShareAccessWant.PUSH_WHEN_UNCONTENDED;

const extensions = ShareAccessWant.DELEG_TIMESTAMPS | ShareAccessWant.OPEN_XOR_DELEGATION;

/** Bits beside READ and WRITE, by minor version. */
const wants: Readonly<Record<MinorVersion, number>> = {
  0: 0,
  1: ShareAccessWant.MASK | signals,
  2: ShareAccessWant.MASK | signals | extensions,
};

type ShareArguments = Pick<OpenArguments, 'shareAccess' | 'shareDeny'>;

/** @throws Nfs4Error INVAL where bits are unknown or no access is asked for */
export function requestedShare({ shareAccess, shareDeny }: ShareArguments, minorVersion: MinorVersion): Share {
  const access = shareAccess & shareBoth;
  const isKnown = (shareAccess & ~(shareBoth | wants[minorVersion])) === 0 && (shareDeny & ~shareBoth) === 0;
  if (access === 0 || !isKnown || (shareAccess & ShareAccessWant.MASK) > ShareAccessWant.CANCEL) {
    throw new Nfs4Error(Nfs4Status.INVAL);
  }
  return { access: access as ShareMask, deny: shareDeny as ShareMask };
}

/** Whether the client would take a delegation (RFC 8881 §18.16.3). */
export function wantsDelegation({ shareAccess }: ShareArguments, minorVersion: MinorVersion): boolean {
  const want = shareAccess & ShareAccessWant.MASK;
  return minorVersion === 0 || (want !== ShareAccessWant.NO_DELEG && want !== ShareAccessWant.CANCEL);
}

/** RFC 8881 §18.16.3: who asks with the WANT flags is told why it gets none. */
export function noDelegation(
  { shareAccess }: ShareArguments,
  minorVersion: MinorVersion,
  reason: 'contention' | 'resource',
): OpenDelegation {
  const type = DelegationType.NONE_EXT;
  const want = shareAccess & ShareAccessWant.MASK;
  if (minorVersion === 0 || want === 0) return { type: DelegationType.NONE, value: undefined };
  if (want === ShareAccessWant.NO_DELEG) return { type, value: { why: WhyNoDelegation.NOT_WANTED, value: undefined } };
  if (want === ShareAccessWant.CANCEL) return { type, value: { why: WhyNoDelegation.CANCELLED, value: undefined } };
  // No callback will tell when there is one.
  const why = reason === 'contention' ? WhyNoDelegation.CONTENTION : WhyNoDelegation.RESOURCE;
  return { type, value: { why, value: false } };
}

/** ALLOW nothing to nobody in particular: what a user may do the client finds out by ACCESS. */
const permissions = { type: 0, flags: 0, mask: 0, who: Buffer.alloc(0) };

/** A write delegation has no room to keep bytes in: close goes on to write them back. */
const noSpace = { by: 1, value: 0n } as const;

export function delegationOf(state: DelegationState): OpenDelegation {
  const value = { stateid: stateidOf(state), recall: state.recalledAt !== undefined, permissions };
  return state.kind === 'read'
    ? { type: DelegationType.READ, value }
    : { type: DelegationType.WRITE, value: { ...value, spaceLimit: noSpace } };
}
