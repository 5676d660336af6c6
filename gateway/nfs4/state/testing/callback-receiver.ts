/** The client's end of a back channel: takes callbacks, notes them and answers. */
import type { Credential } from '../../../rpc/program.ts';
import { encode, XdrReader, XdrWriter } from '../../../rpc/xdr.ts';
import type { RawAttributes, StateidValue } from '../../codec/basic.ts';
import {
  callbackGetattrArguments,
  callbackGetattrResult,
  callbackHeader,
  callbackNotifyLockArguments,
  CallbackOpcode,
  CallbackProcedure,
  callbackRecallArguments,
  callbackResultHeader,
  callbackSequenceArguments,
  callbackSequenceResult,
} from '../../codec/callbacks.ts';

type Received =
  | { readonly type: 'recall'; readonly stateid: StateidValue; readonly handle: Buffer }
  | { readonly type: 'getattr'; readonly handle: Buffer }
  | { readonly type: 'notify lock'; readonly handle: Buffer; readonly owner: string };

export class CallbackReceiver {
  /** What has come, but for CB_SEQUENCE and CB_NULL. */
  readonly received: Received[] = [];
  /** slot and sequence of every CB_SEQUENCE. */
  readonly sequences: (readonly [number, number])[] = [];
  readonly credentials: (Credential | undefined)[] = [];
  /** What CB_GETATTR is answered with. */
  attributes: RawAttributes = { mask: 0n, values: Buffer.alloc(0) };
  /** Whether nobody answers. */
  isDeaf = false;
  #waiting: (() => void)[] = [];

  /** Resolves when so many callbacks have come in all. */
  async until(count: number): Promise<void> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** As RpcConnection.call. */
  readonly call = (
    _program: number,
    _version: number,
    procedure: number,
    encodeArguments: (writer: XdrWriter) => void,
    options?: { readonly credential?: Credential },
  ): Promise<XdrReader> => {
    if (this.isDeaf) return Promise.reject(new Error('nobody answers'));
    this.credentials.push(options?.credential);
    const writer = new XdrWriter();
    encodeArguments(writer);
    const results =
      procedure === CallbackProcedure.null ? Buffer.alloc(0) : this.answer(new XdrReader(writer.concat()));
    return Promise.resolve(new XdrReader(results));
  };

  /** CB_COMPOUND4res. */
  answer(reader: XdrReader): Buffer {
    const { count } = callbackHeader.decode(reader);
    const results: Buffer[] = [encode(callbackResultHeader, { status: 0, tag: Buffer.alloc(0), count })];
    for (let index = 0; index < count; index++) {
      const opcode = reader.uint32();
      const head = Buffer.alloc(8);
      head.writeUInt32BE(opcode);
      results.push(head, this.#perform(opcode, reader));
    }
    return Buffer.concat(results);
  }

  #perform(opcode: number, reader: XdrReader): Buffer {
    switch (opcode) {
      case CallbackOpcode.SEQUENCE: {
        const { sessionid, sequence, slot } = callbackSequenceArguments.decode(reader);
        this.sequences.push([slot, sequence]);
        const result = { sessionid, sequence, slot, highestSlot: slot, targetHighestSlot: slot };
        return encode(callbackSequenceResult, result);
      }
      case CallbackOpcode.RECALL: {
        const { stateid, handle } = callbackRecallArguments.decode(reader);
        this.#note({ type: 'recall', stateid, handle });
        return Buffer.alloc(0);
      }
      case CallbackOpcode.GETATTR: {
        const { handle } = callbackGetattrArguments.decode(reader);
        this.#note({ type: 'getattr', handle });
        return encode(callbackGetattrResult, { attributes: this.attributes });
      }
      case CallbackOpcode.NOTIFY_LOCK: {
        const { handle, owner } = callbackNotifyLockArguments.decode(reader);
        this.#note({ type: 'notify lock', handle, owner: owner.owner.toString() });
        return Buffer.alloc(0);
      }
      default:
        throw new Error(`callback operation ${opcode}`);
    }
  }

  #note(one: Received): void {
    this.received.push(one);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
