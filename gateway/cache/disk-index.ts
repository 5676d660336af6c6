/**
 * Where each block lies on the disk: a hash table in typed arrays, 17 bytes a slot, because a map of objects would take
 * more memory than many of the blocks. It knows tags of 64 bits and not names: what is found is a guess, which the
 * record itself confirms.
 */
import { digestLength } from './blocks.ts';

export interface Tag {
  readonly high: number;
  readonly low: number;
}

export interface Location {
  /** Number of the pack, above 0. */
  readonly pack: number;
  /** Of the record in the pack, in units of its alignment. */
  readonly position: number;
}

const empty = 0;
const removed = 0xffff_ffff;
const firstCapacity = 1024;

/** Share of the slots that may be in use, removed ones included. */
const fullest = 0.6;

/** @param digest of the object's name, 16 bytes of a good hash */
export function tagOf(digest: Buffer, index: number): Tag {
  const a = digest.readUInt32LE(0) ^ Math.imul(index + 1, 0x9e37_79b1);
  const b = digest.readUInt32LE(digestLength - 4) ^ Math.imul(index + 1, 0x85eb_ca6b);
  return { high: a >>> 0, low: b >>> 0 };
}

export class DiskIndex {
  #capacity = firstCapacity;
  #high = new Uint32Array(firstCapacity);
  #low = new Uint32Array(firstCapacity);
  #pack = new Uint32Array(firstCapacity);
  #position = new Uint32Array(firstCapacity);
  /** Whether the block was read since it was written. */
  #used = new Uint8Array(firstCapacity);
  #size = 0;
  /** Slots that are not empty. */
  #filled = 0;

  get size(): number {
    return this.#size;
  }

  has(tag: Tag): boolean {
    return this.#find(tag) >= 0;
  }

  get(tag: Tag): Location | undefined {
    const slot = this.#find(tag);
    return slot < 0 ? undefined : this.#location(slot);
  }

  markUsed(tag: Tag): void {
    const slot = this.#find(tag);
    if (slot >= 0) this.#used[slot] = 1;
  }

  /** @param replace whether a location that is known gives way */
  set(tag: Tag, { pack, position }: Location, replace = true): void {
    let slot = this.#find(tag);
    if (slot >= 0 && !replace) return;
    if (slot < 0) {
      if (this.#filled >= this.#capacity * fullest) this.#rebuild();
      slot = this.#free(tag);
      if (this.#pack[slot] === empty) this.#filled++;
      this.#size++;
    }
    this.#write(slot, tag, pack, position, 0);
  }

  /** Forgets the tag where it is at this location. */
  delete(tag: Tag, { pack, position }: Location): void {
    const slot = this.#find(tag);
    if (slot < 0 || this.#pack[slot] !== pack || this.#position[slot] !== position) return;
    this.#remove(slot);
  }

  /** Forgets all that lies in the pack. @returns the positions of what was read since it was written */
  deletePack(pack: number): number[] {
    const used: number[] = [];
    for (let slot = 0; slot < this.#capacity; slot++) {
      if (this.#pack[slot] !== pack) continue;
      if (this.#used[slot] === 1) used.push(this.#position[slot] as number);
      this.#remove(slot);
    }
    return used;
  }

  #location(slot: number): Location {
    return { pack: this.#pack[slot] as number, position: this.#position[slot] as number };
  }

  #remove(slot: number): void {
    this.#pack[slot] = removed;
    this.#size--;
  }

  #find({ high, low }: Tag): number {
    const mask = this.#capacity - 1;
    for (let slot = high & mask; ; slot = (slot + 1) & mask) {
      const pack = this.#pack[slot];
      if (pack === empty) return -1;
      if (pack !== removed && this.#high[slot] === high && this.#low[slot] === low) return slot;
    }
  }

  /** The slot for a tag that is not there. */
  #free({ high }: Tag): number {
    const mask = this.#capacity - 1;
    let slot = high & mask;
    while (this.#pack[slot] !== empty && this.#pack[slot] !== removed) slot = (slot + 1) & mask;
    return slot;
  }

  #write(slot: number, { high, low }: Tag, pack: number, position: number, used: number): void {
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#pack[slot] = pack;
    this.#position[slot] = position;
    this.#used[slot] = used;
  }

  /** Without what was removed, in twice the room where that is needed. */
  #rebuild(): void {
    const [high, low, pack, position, used] = [this.#high, this.#low, this.#pack, this.#position, this.#used];
    while (this.#size >= (this.#capacity * fullest) / 2) this.#capacity *= 2;
    this.#high = new Uint32Array(this.#capacity);
    this.#low = new Uint32Array(this.#capacity);
    this.#pack = new Uint32Array(this.#capacity);
    this.#position = new Uint32Array(this.#capacity);
    this.#used = new Uint8Array(this.#capacity);
    for (let slot = 0; slot < pack.length; slot++) {
      const number = pack[slot] as number;
      if (number === empty || number === removed) continue;
      const tag = { high: high[slot] as number, low: low[slot] as number };
      this.#write(this.#free(tag), tag, number, position[slot] as number, used[slot] as number);
    }
    this.#filled = this.#size;
  }
}
