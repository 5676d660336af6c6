/** Divides an upload into the parts of a multipart upload. Pure arithmetic. */
import type { StoreLimits } from '../store/object-store.ts';
import type { Borrowed, Extents } from './extents.ts';

/** Files above this go up in parts, bytes. */
export const multipartThreshold = 16 * 1024 * 1024;

const defaultPartSize = 8 * 1024 * 1024;

/** A part that is sent, or one that the store copies. Bytes. */
export interface PlannedPart {
  /** 1..10,000, ascending; numbers are left out where the store copies more than one slot at once. */
  readonly number: number;
  readonly copy: boolean;
  /** Where it is copied from, if not from the object there is. */
  readonly borrowed?: Borrowed;
  readonly offset: number;
  readonly length: number;
}

/** So many parts of one size. */
interface Tier {
  readonly count: number;
  /** Bytes. */
  readonly size: number;
}

/** Where parts begin and end. */
export type Layout = readonly Tier[];

/**
 * Parts grow with their distance from the start of the file, so that a part has the same number and the same bytes
 * whatever size the file comes to have, up to some 9 TiB: parts can be sent before that is known. What is larger has parts of one
 * size.
 */
export function layoutFor(size: number, limits: StoreLimits): Layout {
  const growing = [
    { share: 0.1, size: defaultPartSize },
    { share: 0.4, size: 8 * defaultPartSize },
    { share: 0.5, size: 256 * defaultPartSize },
  ].map((tier) => ({
    count: Math.floor(tier.share * limits.maxParts),
    size: Math.min(Math.max(tier.size, limits.minPart), limits.maxPart),
  }));
  const reach = growing.reduce((sum, tier) => sum + tier.count * tier.size, 0);
  return size <= reach ? growing : [{ count: limits.maxParts, size: partSizeFor(size, limits) }];
}

/** A part's place in the file. Bytes. */
export interface Slot {
  readonly number: number;
  readonly offset: number;
  readonly length: number;
}

/** The slots of a file in order, the last one cut at its end. */
export function* slotsOf(layout: Layout, size: number): Generator<Slot> {
  let number = 1;
  let offset = 0;
  for (const tier of layout) {
    for (let index = 0; index < tier.count && offset < size; index++) {
      const length = Math.min(tier.size, size - offset);
      yield { number, offset, length };
      number++;
      offset += length;
    }
  }
}

/** The part size with which `size` bytes fit into the store's number of parts: a power of two times 8 MiB. */
export function partSizeFor(size: number, limits: StoreLimits): number {
  let partSize = Math.max(defaultPartSize, limits.minPart);
  while (partSize * limits.maxParts < size) partSize *= 2;
  return Math.min(partSize, limits.maxPart);
}

/**
 * Slots of the layout, except that neighbours which lie one behind the other in the object there is, or in one that was
 * borrowed from, become one part that the store copies.
 *
 * @param baseLength bytes of the object that still count where no extent covers them; 0: nothing of it can be copied
 */
export function planParts(
  size: number,
  extents: Extents,
  baseLength: number,
  limits: StoreLimits,
): readonly PlannedPart[] {
  const parts: PlannedPart[] = [];
  for (const { number, offset, length } of slotsOf(layoutFor(size, limits), size)) {
    const pieces = [...extents.pieces(offset, length)];
    const unchanged = offset + length <= baseLength && pieces.every((piece) => piece.extent === undefined);
    const [{ extent } = {}] = pieces;
    const borrowed = pieces.length === 1 && extent !== undefined && 'loan' in extent ? extent : undefined;
    const part: PlannedPart = {
      number,
      copy: unchanged || borrowed !== undefined,
      offset,
      length,
      ...(borrowed === undefined ? {} : { borrowed: { loan: borrowed.loan, position: borrowed.position } }),
    };
    const last = parts.at(-1);
    if (last !== undefined && goesOn(last, part) && last.length + length <= limits.maxPart)
      parts[parts.length - 1] = { ...last, length: last.length + length };
    else parts.push(part);
  }
  return parts;
}

function goesOn(last: PlannedPart, part: PlannedPart): boolean {
  if (!last.copy || !part.copy) return false;
  if (last.borrowed === undefined || part.borrowed === undefined) return last.borrowed === part.borrowed;
  return last.borrowed.loan === part.borrowed.loan && last.borrowed.position + last.length === part.borrowed.position;
}
