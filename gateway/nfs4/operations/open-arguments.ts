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
import { shareBoth, type Share, type ShareMask } from '../../filesystem/locks/shares.ts';

const signals = ShareAccessWant.SIGNAL_WHEN_AVAILABLE | ShareAccessWant.PUSH_WHEN_UNCONTENDED;

type ShareArguments = Pick<OpenArguments, 'shareAccess' | 'shareDeny'>;

/** @throws Nfs4Error INVAL where bits are unknown or no access is asked for */
export function requestedShare({ shareAccess, shareDeny }: ShareArguments, minorVersion: MinorVersion): Share {
  const wants = minorVersion === 0 ? 0 : ShareAccessWant.MASK | signals;
  const access = shareAccess & shareBoth;
  const isKnown = (shareAccess & ~(shareBoth | wants)) === 0 && (shareDeny & ~shareBoth) === 0;
  if (access === 0 || !isKnown || (shareAccess & ShareAccessWant.MASK) > ShareAccessWant.CANCEL) {
    throw new Nfs4Error(Nfs4Status.INVAL);
  }
  return { access: access as ShareMask, deny: shareDeny as ShareMask };
}

/** RFC 8881 §18.16.3: who asks with the WANT flags is told why it gets none. */
export function noDelegation({ shareAccess }: ShareArguments): OpenDelegation {
  const type = DelegationType.NONE_EXT;
  switch (shareAccess & ShareAccessWant.MASK) {
    case 0:
      return { type: DelegationType.NONE, value: undefined };
    case ShareAccessWant.NO_DELEG:
      return { type, value: { why: WhyNoDelegation.NOT_WANTED, value: undefined } };
    case ShareAccessWant.CANCEL:
      return { type, value: { why: WhyNoDelegation.CANCELLED, value: undefined } };
    default:
      // No callback will tell when there is one.
      return { type, value: { why: WhyNoDelegation.RESOURCE, value: false } };
  }
}
