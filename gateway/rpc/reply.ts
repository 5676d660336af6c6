/** RPC replies: results, or why there are none. RFC 5531 §9. */
import { opaqueAuth } from './credential.ts';
import { XdrError, type XdrReader, type XdrWriter } from './xdr.ts';

export const rpcVersion = 2;

export const MessageType = { call: 0, reply: 1 } as const;
const ReplyStatus = { accepted: 0, denied: 1 } as const;
const RejectStatus = { rpcMismatch: 0, authError: 1 } as const;
const AcceptStatus = {
  success: 0,
  'program unavailable': 1,
  'program mismatch': 2,
  'procedure unavailable': 3,
  'garbage arguments': 4,
  'system error': 5,
} as const;

/** A call that has no results. `reason` is an AuthStatus, or one that others have. */
export type Refusal =
  | { readonly status: 'program unavailable' | 'procedure unavailable' | 'garbage arguments' | 'system error' }
  | { readonly status: 'program mismatch' | 'RPC mismatch'; readonly low: number; readonly high: number }
  | { readonly status: 'auth error'; readonly reason: number };

export type Reply = { readonly status: 'success'; readonly results: XdrReader } | Refusal;

/** The head of a reply; the results follow. */
export function encodeSuccess(writer: XdrWriter, xid: number): void {
  encodeAccepted(writer, xid, AcceptStatus.success);
}

/** The whole reply to a probe that TLS may begin after: RFC 9289 §4.1. */
export function encodeStartTls(writer: XdrWriter, xid: number): void {
  for (const word of [xid, MessageType.reply, ReplyStatus.accepted]) writer.uint32(word);
  opaqueAuth.encode(writer, { flavor: 0, body: Buffer.from('STARTTLS') });
  writer.uint32(AcceptStatus.success);
}

/** The whole of a reply without results. */
export function encodeRefusal(writer: XdrWriter, xid: number, refusal: Refusal): void {
  switch (refusal.status) {
    case 'RPC mismatch':
      encodeDenied(writer, xid, [RejectStatus.rpcMismatch, refusal.low, refusal.high]);
      return;
    case 'auth error':
      encodeDenied(writer, xid, [RejectStatus.authError, refusal.reason]);
      return;
    case 'program mismatch':
      encodeAccepted(writer, xid, AcceptStatus[refusal.status]);
      writer.uint32(refusal.low);
      writer.uint32(refusal.high);
      return;
    default:
      encodeAccepted(writer, xid, AcceptStatus[refusal.status]);
  }
}

function encodeAccepted(writer: XdrWriter, xid: number, status: number): void {
  // The verifier is AUTH_NONE without a body.
  for (const word of [xid, MessageType.reply, ReplyStatus.accepted, 0, 0, status]) writer.uint32(word);
}

function encodeDenied(writer: XdrWriter, xid: number, words: readonly number[]): void {
  for (const word of [xid, MessageType.reply, ReplyStatus.denied, ...words]) writer.uint32(word);
}

/** What follows xid and message type. @throws XdrError */
export function decodeReply(reader: XdrReader): Reply {
  return reader.uint32() === ReplyStatus.accepted ? decodeAccepted(reader) : decodeDenied(reader);
}

function decodeAccepted(reader: XdrReader): Reply {
  opaqueAuth.decode(reader);
  const status = reader.uint32();
  switch (status) {
    case AcceptStatus.success:
      return { status: 'success', results: reader };
    case AcceptStatus['program unavailable']:
      return { status: 'program unavailable' };
    case AcceptStatus['program mismatch']:
      return { status: 'program mismatch', low: reader.uint32(), high: reader.uint32() };
    case AcceptStatus['procedure unavailable']:
      return { status: 'procedure unavailable' };
    case AcceptStatus['garbage arguments']:
      return { status: 'garbage arguments' };
    case AcceptStatus['system error']:
      return { status: 'system error' };
    default:
      throw new XdrError(`${status} is not an accept_stat`);
  }
}

function decodeDenied(reader: XdrReader): Reply {
  const status = reader.uint32();
  switch (status) {
    case RejectStatus.rpcMismatch:
      return { status: 'RPC mismatch', low: reader.uint32(), high: reader.uint32() };
    case RejectStatus.authError:
      return { status: 'auth error', reason: reader.uint32() };
    default:
      throw new XdrError(`${status} is not a reject_stat`);
  }
}
