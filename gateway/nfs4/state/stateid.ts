/** What can be said of a stateid before any state is looked at. RFC 7530 §9.1.4, RFC 8881 §8.2. */
import { stateidOtherSize, type StateidValue } from '../codec/basic.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type MinorVersion } from '../operation.ts';

const zeros = Buffer.alloc(stateidOtherSize);
const ones = Buffer.alloc(stateidOtherSize, 0xff);
const highest = 0xffff_ffff;

/** 4.1's answer where no stateid is left: RFC 8881 §8.2.3, §18.2.4. */
export const invalidStateid: StateidValue = { seqid: highest, other: zeros };

/**
 * `anonymous` (all zeros) has no state; `bypass` (all ones) is the same and READs past share denials; `current` stands
 * for the one that an earlier operation of the COMPOUND gave; `invalid` is special and never right; `ordinary` names
 * state.
 */
export type StateidClass = 'anonymous' | 'bypass' | 'current' | 'invalid' | 'ordinary';

export function classify(value: StateidValue, minorVersion: MinorVersion): StateidClass {
  if (value.other.equals(zeros)) {
    if (value.seqid === 0) return 'anonymous';
    return value.seqid === 1 && minorVersion > 0 ? 'current' : 'invalid';
  }
  if (value.other.equals(ones)) return value.seqid === highest ? 'bypass' : 'invalid';
  return 'ordinary';
}

/** The seqid after this one: zero is skipped, since in 4.1 it stands for the latest. RFC 8881 §8.2.2 */
export function nextSeqid(seqid: number): number {
  return seqid === highest ? 1 : seqid + 1;
}

/**
 * @param actual the state's own seqid
 * @throws Nfs4Error OLD_STATEID, BAD_STATEID (it is of the future)
 */
export function requireSeqid(given: number, actual: number, minorVersion: MinorVersion): void {
  if (given === actual || (given === 0 && minorVersion > 0)) return;
  throw new Nfs4Error(((given - actual) | 0) < 0 ? Nfs4Status.OLD_STATEID : Nfs4Status.BAD_STATEID);
}
