/** How the server calls one client: 4.0 at the address it has named, 4.1 over the back channels of its sessions. */
import type { Codec, XdrReader, XdrWriter } from '../../../rpc/xdr.ts';
import { callbackHeader, callbackResultHeader } from '../../codec/callbacks.ts';

/** One operation of a CB_COMPOUND. */
export interface CallbackOperation<Result> {
  readonly opcode: number;
  readonly encode: (writer: XdrWriter) => void;
  readonly result: Codec<Result>;
}

/** The client has answered, with something else than OK. */
export class CallbackRefusedError extends Error {
  override readonly name = 'CallbackRefusedError';
  /** nfsstat4 */
  readonly status: number;

  constructor(status: number) {
    super(`The client refused a callback with status ${status}.`);
    this.status = status;
  }
}

/** No way to the client: it has named none, or none that works. */
export class CallbackPathDownError extends Error {
  override readonly name = 'CallbackPathDownError';

  constructor(message = 'The client cannot be called.', options?: ErrorOptions) {
    super(message, options);
  }
}

export interface CallbackChannel {
  /** Finds out whether the client answers. @throws whatever says that it does not */
  probe(): Promise<void>;
  /** @throws CallbackRefusedError; CallbackPathDownError and the errors of a call where the client does not answer */
  perform<Result>(operation: CallbackOperation<Result>): Promise<Result>;
}

export function encodeCallback(
  writer: XdrWriter,
  { minorVersion, ident }: { readonly minorVersion: number; readonly ident: number },
  operations: readonly { readonly opcode: number; readonly encode: (writer: XdrWriter) => void }[],
): void {
  callbackHeader.encode(writer, { tag: Buffer.alloc(0), minorVersion, ident, count: operations.length });
  for (const { opcode, encode } of operations) {
    writer.uint32(opcode);
    encode(writer);
  }
}

/** @returns how many results follow; each begins with opcode and status @throws CallbackRefusedError, XdrError */
export function decodeCallbackHead(reader: XdrReader): number {
  const { status, count } = callbackResultHeader.decode(reader);
  if (count === 0) throw new CallbackRefusedError(status);
  return count;
}

/** The next result. @throws CallbackRefusedError, XdrError */
export function decodeCallbackResult<Result>(reader: XdrReader, result: Codec<Result>): Result {
  reader.uint32();
  const status = reader.uint32();
  if (status !== 0) throw new CallbackRefusedError(status);
  return result.decode(reader);
}
