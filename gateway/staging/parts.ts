/** Divides an upload into the parts of a multipart upload. Pure arithmetic. */
import type { StoreLimits } from '../store/object-store.ts';
import type { Borrowed, Extents } from './extents.ts';

/** Files above this go up in parts, bytes. */
export const multipartThreshold = 16 * 1024 * 1024;

const defaultPartSize = 8 * 1024 * 1024;

/** A part that is sent, or one that the store copies. Bytes. */
export interface PlannedPart {
  readonly copy: boolean;
  /** Where it is copied from, if not from the object there is. */
  readonly borrowed?: Borrowed;
  readonly offset: number;
  readonly length: number;
}

/** The part size with which `size` bytes fit into the store's number of parts: a power of two times 8 MiB. */
export function partSizeFor(size: number, limits: StoreLimits): number {
  let partSize = Math.max(defaultPartSize, limits.minPart);
  while (partSize * limits.maxParts < size) partSize *= 2;
  return Math.min(partSize, limits.maxPart);
}

/**
 * Parts of one size, except that neighbours which lie one behind the other in the object there is, or in one that was
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
  const partSize = partSizeFor(size, limits);
  const parts: PlannedPart[] = [];
  for (let offset = 0; offset < size; offset += partSize) {
    const length = Math.min(partSize, size - offset);
    const pieces = [...extents.pieces(offset, length)];
    const unchanged = offset + length <= baseLength && pieces.every((piece) => piece.extent === undefined);
    const [{ extent } = {}] = pieces;
    const borrowed = pieces.length === 1 && extent !== undefined && 'loan' in extent ? extent : undefined;
    const part: PlannedPart = {
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
