/** COMPOUND4res as it grows, operation by operation, within the limits of its slot. */
import { XdrWriter, type Codec } from '../rpc/xdr.ts';
import { compoundResultHeader } from './codec/compound.ts';
import { Nfs4Status } from './codec/status.ts';
import type { SlotReply } from './operation.ts';

/** xid, REPLY, MSG_ACCEPTED, AUTH_NONE verifier, SUCCESS (RFC 5531 §9): counted in ca_maxresponsesize. Bytes. */
const rpcHeader = 24;

/** Where no session bounds the reply; bytes. The READs of one COMPOUND could otherwise fill the memory. */
const largestReply = 4 * 1024 * 1024;

/** What another operation takes at least: opcode and status, and SETATTR its bitmap. Bytes. */
const leastResult = 12;

/** Replies up to this length are kept for a retry though the client did not ask for it; bytes. */
const alwaysCached = 1024;

export class Reply {
  readonly #tag: Buffer;
  readonly #writer: XdrWriter;
  /** Where COMPOUND4res begins in the writer, and where its results do. */
  readonly #start: number;
  readonly #resultsStart: number;
  #count = 0;
  #firstEnd = 0;
  #secondOpcode: number | undefined;

  /** @param writer that the COMPOUND4res is written to, result by result */
  constructor(tag: Buffer, writer: XdrWriter) {
    this.#tag = tag;
    this.#writer = writer;
    this.#start = writer.length;
    compoundResultHeader.encode(writer, { status: Nfs4Status.OK, tag, count: 0 });
    this.#resultsStart = writer.length;
  }

  /**
   * Whether a result of `bytes` (opcode and status included) still fits; if it does not, the status that says so.
   * `last`: whether no operation follows, which would need room for its status.
   */
  room(bytes: number, last: boolean, slot: SlotReply | undefined): Nfs4Status {
    return this.#limit(this.#writer.length + bytes, last, slot);
  }

  #limit(end: number, last: boolean, slot: SlotReply | undefined): Nfs4Status {
    const length = rpcHeader + end - this.#start + (last ? 0 : leastResult);
    if (slot === undefined) return length > largestReply ? Nfs4Status.RESOURCE : Nfs4Status.OK;
    if (length > slot.maximumReply) return Nfs4Status.REP_TOO_BIG;
    // RFC 8881 §2.10.6.4
    if (slot.cacheThis && length > slot.maximumCachedReply) return Nfs4Status.REP_TOO_BIG_TO_CACHE;
    return Nfs4Status.OK;
  }

  /**
   * Adds the result of an operation that has succeeded.
   * @returns OK; the status that says so where it does not fit, and then nothing is added
   */
  addOk<T>(opcode: number, codec: Codec<T>, value: T, last: boolean, slot: SlotReply | undefined): Nfs4Status {
    const writer = this.#writer;
    const before = writer.length;
    writer.uint32(opcode);
    writer.uint32(Nfs4Status.OK);
    try {
      codec.encode(writer, value);
    } catch (error) {
      writer.rewind(before);
      throw error;
    }
    const status = this.#limit(writer.length, last, slot);
    if (status === Nfs4Status.OK) this.#added(opcode, status);
    else writer.rewind(before);
    return status;
  }

  /** @param arm writes what follows the status in the result of this operation */
  addFailure(opcode: number, status: Nfs4Status, arm?: (writer: XdrWriter) => void): void {
    this.#writer.uint32(opcode);
    this.#writer.uint32(status);
    arm?.(this.#writer);
    this.#added(opcode, status);
  }

  #added(opcode: number, status: Nfs4Status): void {
    if (this.#count === 0) this.#firstEnd = this.#writer.length;
    else if (this.#count === 1) this.#secondOpcode = opcode;
    this.#count++;
    this.end(status);
  }

  /** The status of the whole, where it is not that of the last result. */
  end(status: Nfs4Status): void {
    this.#writer.setUint32(this.#start, status);
    this.#writer.setUint32(this.#resultsStart - 4, this.#count);
  }

  /** Sends this COMPOUND4res instead. */
  replace(reply: Buffer): void {
    this.#writer.rewind(this.#start);
    this.#writer.bytes(reply);
  }

  /** What answers a retry of this request: the reply itself where the client wants that or it is short. */
  forRetry(cacheThis: boolean): Buffer {
    const { length } = this.#writer;
    const isShort = length - this.#resultsStart <= alwaysCached;
    if (cacheThis || isShort || this.#secondOpcode === undefined) return this.#writer.copy(this.#start, length);
    const status = Nfs4Status.RETRY_UNCACHED_REP;
    const writer = new XdrWriter();
    compoundResultHeader.encode(writer, { status, tag: this.#tag, count: 2 });
    writer.bytes(this.#writer.copy(this.#resultsStart, this.#firstEnd));
    writer.uint32(this.#secondOpcode);
    writer.uint32(status);
    return writer.concat();
  }
}
