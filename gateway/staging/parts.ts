/** Divides an upload into the parts of a multipart upload. Pure arithmetic. */
import type { StoreLimits } from '../store/object-store.ts';
import type { Extents } from './extents.ts';

/** Files above this go up in parts, bytes. */
export const multipartThreshold = 16 * 1024 * 1024;

const defaultPartSize = 8 * 1024 * 1024;

/** A part that is sent, or one that the store copies from the object there is. Bytes. */
export interface PlannedPart {
  readonly copy: boolean;
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
 * Parts of one size, except that neighbours which are unchanged in the object become one part that the store copies.
 *
 * @param baseLength bytes of the object that still count where no extent covers them; 0: nothing can be copied
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
    const unchanged =
      offset + length <= baseLength && [...extents.pieces(offset, length)].every((piece) => piece.extent === undefined);
    const last = parts.at(-1);
    if (unchanged && last?.copy === true && last.length + length <= limits.maxPart) {
      parts[parts.length - 1] = { ...last, length: last.length + length };
    } else parts.push({ copy: unchanged, offset, length });
  }
  return parts;
}
