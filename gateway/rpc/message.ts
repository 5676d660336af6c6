/** RPC messages: calls and replies. RFC 5531 §9. */
import { decodeCredential, encodeCredential, tlsProbe } from './credential.ts';
import type { Credential } from './program.ts';
import { decodeReply, MessageType, rpcVersion, type Refusal, type Reply } from './reply.ts';
import { XdrError, XdrReader, type XdrWriter } from './xdr.ts';

export interface CallHeader {
  readonly xid: number;
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly credential: Credential;
}

export type Message =
  | { readonly type: 'call'; readonly header: CallHeader; readonly arguments: XdrReader }
  /** A call that no program needs to see: its own head says how it is answered. */
  | { readonly type: 'unacceptable call'; readonly xid: number; readonly refusal: Refusal }
  /** Asks whether TLS may begin: the connection's business, whatever program it names. */
  | { readonly type: typeof tlsProbe; readonly xid: number }
  /** undefined: a reply, but to be read by nobody. */
  | { readonly type: 'reply'; readonly xid: number; readonly reply: Reply | undefined };

/** What a program table answers. */
export type CallMessage = Exclude<Message, { readonly type: 'reply' | typeof tlsProbe }>;

/** @throws XdrError where it is neither a call nor a reply */
export function decodeMessage(record: Buffer): Message {
  const reader = new XdrReader(record);
  const xid = reader.uint32();
  const type = reader.uint32();
  switch (type) {
    case MessageType.call:
      return decodeOr(
        () => decodeCall(xid, reader),
        () => unacceptable(xid, { status: 'garbage arguments' }),
      );
    case MessageType.reply: {
      const reply = decodeOr(
        () => decodeReply(reader),
        () => undefined,
      );
      return { type: 'reply', xid, reply };
    }
    default:
      throw new XdrError(`${type} is not a message type`);
  }
}

function decodeCall(xid: number, reader: XdrReader): Message {
  // RFC 5531 §9: nothing that follows is known in another version.
  if (reader.uint32() !== rpcVersion) {
    return unacceptable(xid, { status: 'RPC mismatch', low: rpcVersion, high: rpcVersion });
  }
  const [program, version, procedure] = [reader.uint32(), reader.uint32(), reader.uint32()];
  const credential = decodeCredential(reader, procedure);
  if (credential === tlsProbe) return { type: tlsProbe, xid };
  if (typeof credential === 'number') return unacceptable(xid, { status: 'auth error', reason: credential });
  return { type: 'call', header: { xid, program, version, procedure, credential }, arguments: reader };
}

function unacceptable(xid: number, refusal: Refusal): Message {
  return { type: 'unacceptable call', xid, refusal };
}

function decodeOr<T>(decode: () => T, otherwise: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof XdrError) return otherwise();
    throw error;
  }
}

/** The head of a call of ours, on the backchannel or as a client; the arguments follow. */
export function encodeCall(writer: XdrWriter, { xid, program, version, procedure, credential }: CallHeader): void {
  for (const word of [xid, MessageType.call, rpcVersion, program, version, procedure]) writer.uint32(word);
  encodeCredential(writer, credential);
}
