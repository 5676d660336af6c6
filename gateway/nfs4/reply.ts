/** COMPOUND4res as it grows, operation by operation, within the limits of its slot. */
import { encode, XdrWriter } from '../rpc/xdr.ts';
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

interface Result {
  readonly opcode: number;
  readonly status: Nfs4Status;
  readonly arm: XdrWriter;
}

const noArm = new XdrWriter();

export class Reply {
  readonly #tag: Buffer;
  readonly #headerLength: number;
  readonly #results = new XdrWriter();
  #count = 0;
  #status: Nfs4Status = Nfs4Status.OK;
  #first: Result | undefined;
  #secondOpcode: number | undefined;

  constructor(tag: Buffer) {
    this.#tag = tag;
    this.#headerLength = encode(compoundResultHeader, { status: 0, tag, count: 0 }).length;
  }

  /**
   * Whether a result of `bytes` (opcode and status included) still fits; if it does not, the status that says so.
   * `last`: whether no operation follows, which would need room for its status.
   */
  room(bytes: number, last: boolean, slot: SlotReply | undefined): Nfs4Status {
    const length = rpcHeader + this.#headerLength + this.#results.length + bytes + (last ? 0 : leastResult);
    if (slot === undefined) return length > largestReply ? Nfs4Status.RESOURCE : Nfs4Status.OK;
    if (length > slot.maximumReply) return Nfs4Status.REP_TOO_BIG;
    // RFC 8881 §2.10.6.4
    if (slot.cacheThis && length > slot.maximumCachedReply) return Nfs4Status.REP_TOO_BIG_TO_CACHE;
    return Nfs4Status.OK;
  }

  /** @param arm what follows the status in the result of this operation */
  add(opcode: number, status: Nfs4Status, arm: XdrWriter = noArm): void {
    if (this.#count === 0) this.#first = { opcode, status, arm };
    else if (this.#count === 1) this.#secondOpcode = opcode;
    writeResult(this.#results, { opcode, status, arm });
    this.#count++;
    this.#status = status;
  }

  /** COMPOUND4res; its status is that of the last result, or the one given. */
  write(writer: XdrWriter, status: Nfs4Status = this.#status): void {
    compoundResultHeader.encode(writer, { status, tag: this.#tag, count: this.#count });
    writer.append(this.#results);
  }

  /** What answers a retry of this request: the reply itself where the client wants that or it is short. */
  forRetry(cacheThis: boolean): Buffer {
    const writer = new XdrWriter();
    if (
      cacheThis ||
      this.#results.length <= alwaysCached ||
      this.#first === undefined ||
      this.#secondOpcode === undefined
    ) {
      this.write(writer);
    } else {
      const status = Nfs4Status.RETRY_UNCACHED_REP;
      compoundResultHeader.encode(writer, { status, tag: this.#tag, count: 2 });
      writeResult(writer, this.#first);
      writeResult(writer, { opcode: this.#secondOpcode, status, arm: noArm });
    }
    return writer.concat();
  }
}

function writeResult(writer: XdrWriter, { opcode, status, arm }: Result): void {
  writer.uint32(opcode);
  writer.uint32(status);
  writer.append(arm);
}
