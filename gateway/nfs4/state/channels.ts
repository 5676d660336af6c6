/** How large and how many the requests of a session may be. RFC 8881 §18.36.3. */
import { maxTransfer } from '../../filesystem/limits.ts';
import type { ChannelAttributes } from '../codec/sessions.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error } from '../operation.ts';

/** Beside the data of a READ or WRITE: RPC header, credential, the other operations of the COMPOUND. Bytes. */
const overhead = 64 * 1024;

/** No request or reply of any use is shorter. Bytes. */
const leastSize = 128;

export const largestForeChannel: ChannelAttributes = {
  headerPadSize: 0,
  maxRequestSize: maxTransfer + overhead,
  maxResponseSize: maxTransfer + overhead,
  maxResponseSizeCached: 16 * 1024,
  maxOperations: 64,
  maxRequests: 64,
  rdmaIrd: [],
};

export const largestBackChannel: ChannelAttributes = {
  headerPadSize: 0,
  maxRequestSize: overhead,
  maxResponseSize: overhead,
  maxResponseSizeCached: overhead,
  maxOperations: 16,
  maxRequests: 16,
  rdmaIrd: [],
};

/**
 * What the client asks for, cut to what there is.
 * @throws Nfs4Error TOOSMALL, INVAL (no requests at all)
 */
export function fitChannel(asked: ChannelAttributes, largest: ChannelAttributes): ChannelAttributes {
  if (asked.maxRequests === 0) throw new Nfs4Error(Nfs4Status.INVAL, 'a channel without slots');
  if (asked.maxRequestSize < leastSize || asked.maxResponseSize < leastSize || asked.maxOperations === 0) {
    throw new Nfs4Error(Nfs4Status.TOOSMALL);
  }
  return {
    headerPadSize: 0,
    maxRequestSize: Math.min(asked.maxRequestSize, largest.maxRequestSize),
    maxResponseSize: Math.min(asked.maxResponseSize, largest.maxResponseSize),
    maxResponseSizeCached: Math.min(asked.maxResponseSizeCached, largest.maxResponseSizeCached),
    maxOperations: Math.min(asked.maxOperations, largest.maxOperations),
    maxRequests: Math.min(asked.maxRequests, largest.maxRequests),
    rdmaIrd: [],
  };
}
