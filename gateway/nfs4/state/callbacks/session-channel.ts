/** Callbacks of 4.1: CB_SEQUENCE and one operation, over a connection that a session has for it. RFC 8881 §2.10.6, §20.9. */
import type { RpcConnection } from '../../../rpc/program.ts';
import type { XdrReader } from '../../../rpc/xdr.ts';
import {
  CallbackOpcode,
  CallbackProcedure,
  callbackSequenceArguments,
  callbackSequenceResult,
  callbackVersion,
} from '../../codec/callbacks.ts';
import { Nfs4Status } from '../../codec/status.ts';
import type { Session } from '../sessions.ts';
import {
  CallbackPathDownError,
  CallbackRefusedError,
  decodeCallbackHead,
  decodeCallbackResult,
  encodeCallback,
  type CallbackChannel,
  type CallbackOperation,
} from './callback-channel.ts';

/** The client had seen the request of this sequence: only its answer was lost. */
const seen: ReadonlySet<number> = new Set([Nfs4Status.SEQ_FALSE_RETRY, Nfs4Status.RETRY_UNCACHED_REP]);

export class SessionChannel implements CallbackChannel {
  readonly #sessions: readonly Session[];

  /** @param sessions of the client */
  constructor(sessions: readonly Session[]) {
    this.#sessions = sessions;
  }

  async probe(): Promise<void> {
    await this.#overSome(undefined);
  }

  async perform<Result>(operation: CallbackOperation<Result>): Promise<Result> {
    return (await this.#overSome(operation)) as Result;
  }

  /** Tries every session until one reaches the client. @param operation undefined: CB_SEQUENCE alone */
  async #overSome(operation: CallbackOperation<unknown> | undefined): Promise<unknown> {
    let failure: unknown;
    for (const session of this.#sessions) {
      for (const connection of session.backConnections.values()) {
        try {
          return await this.#over(session, connection, operation);
        } catch (error) {
          if (error instanceof CallbackRefusedError) throw error;
          failure = error;
        }
      }
    }
    throw new CallbackPathDownError('No session of the client has a back channel that works.', { cause: failure });
  }

  async #over(
    session: Session,
    connection: RpcConnection,
    operation: CallbackOperation<unknown> | undefined,
  ): Promise<unknown> {
    const slot = await session.takeBackSlot();
    try {
      // A slot whose last answer was lost is asked with that sequence again: the client says whether it knows it.
      for (let tries = 0; ; tries++) {
        try {
          const { result } = await this.#call(session, connection, slot, operation);
          return result;
        } catch (error) {
          if (!(error instanceof SequenceRefusedError) || tries > 0) throw error;
          if (seen.has(error.status)) slot.sequence = (slot.sequence + 1) >>> 0;
          else if (error.status === Nfs4Status.SEQ_MISORDERED) slot.sequence = 1;
          else throw error;
        }
      }
    } finally {
      session.returnBackSlot(slot);
    }
  }

  async #call(
    session: Session,
    connection: RpcConnection,
    slot: { readonly index: number; sequence: number },
    operation: CallbackOperation<unknown> | undefined,
  ): Promise<{ readonly result: unknown }> {
    const { sessionid, callbackProgram, callbackCredential: credential } = session;
    if (credential === undefined) throw new CallbackPathDownError('The client takes no flavor that there is.');
    const { sequence, index } = slot;
    const args = { sessionid, sequence, slot: index, highestSlot: index, cacheThis: false, referring: [] };
    const reader: XdrReader = await connection.call(
      callbackProgram,
      callbackVersion,
      CallbackProcedure.compound,
      (writer) =>
        encodeCallback(writer, { minorVersion: session.minorVersion, ident: 0 }, [
          { opcode: CallbackOpcode.SEQUENCE, encode: (to) => callbackSequenceArguments.encode(to, args) },
          ...(operation === undefined ? [] : [operation]),
        ]),
      { credential },
    );
    decodeCallbackHead(reader);
    try {
      decodeCallbackResult(reader, callbackSequenceResult);
    } catch (error) {
      throw error instanceof CallbackRefusedError ? new SequenceRefusedError(error.status) : error;
    }
    slot.sequence = (slot.sequence + 1) >>> 0;
    return { result: operation === undefined ? undefined : decodeCallbackResult(reader, operation.result) };
  }
}

/** CB_SEQUENCE itself has failed: the operation has not been looked at. */
class SequenceRefusedError extends Error {
  override readonly name = 'SequenceRefusedError';
  readonly status: number;

  constructor(status: number) {
    super(`The client refused CB_SEQUENCE with status ${status}.`);
    this.status = status;
  }
}
