/**
 * Clientids, sessionids and stateids: unguessable, and recognisably of this start, so that what an earlier start gave
 * out is told apart from what never existed (RFC 7530 §9.1.4.4: STALE against BAD).
 */
import { randomBytes } from 'node:crypto';
import { sessionIdSize, stateidOtherSize } from '../codec/basic.ts';

const startBits = 0xf_ffffn;
const randomBits = 44n;

export class Identifiers {
  readonly #start: Buffer;
  readonly #clientStart: bigint;

  /** @param start number of this start, counted in the database; 1..2^32-2, so that no stateid looks like a special one */
  constructor(start: number) {
    this.#start = Buffer.alloc(4);
    this.#start.writeUInt32BE(start);
    this.#clientStart = BigInt(start) & startBits;
  }

  /** clientid4: 20 bits of the start, 44 random ones. */
  clientid(): bigint {
    const random = randomBytes(8).readBigUInt64BE() & ((1n << randomBits) - 1n);
    return (this.#clientStart << randomBits) | random;
  }

  /** sessionid4: the start, 12 random bytes. */
  sessionid(): Buffer {
    return Buffer.concat([this.#start, randomBytes(sessionIdSize - 4)]);
  }

  /** stateid4.other: the start, the client's tag, 4 random bytes; the tag is as random, and told to its client alone. */
  stateid({ tag }: { readonly tag: number }): Buffer {
    const other = Buffer.concat([this.#start, randomBytes(stateidOtherSize - 4)]);
    other.writeUInt32BE(tag, 4);
    return other;
  }

  clientTagOf(stateid: Buffer): number {
    return stateid.readUInt32BE(4);
  }

  isOfThisStart(sessionidOrStateid: Buffer): boolean {
    return sessionidOrStateid.compare(this.#start, 0, 4, 0, 4) === 0;
  }
}
