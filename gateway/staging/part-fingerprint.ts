/**
 * What the bytes of a part are, told by where they lie: segments are never written over, and a version never changes. So
 * two equal fingerprints mean equal bytes, and nothing has to be read or hashed to know whether a part that was sent is
 * still what the file contains.
 */
import { hash } from 'node:crypto';
import type { Version } from '../store/object-store.ts';
import type { ContentView } from './content.ts';
import { Extents, type Piece } from './extents.ts';
import type { Loans } from './loans.ts';
import type { Places } from './places.ts';

/** @returns hex; comparable as long as the segments that it stands for are referred to, and within one life of the gateway */
export function fingerprintOf(
  view: ContentView,
  offset: number,
  length: number,
  { places, loans }: { readonly places: Places; readonly loans: Loans },
): string {
  const base = view.object === undefined ? undefined : places.versionOf(view.object);
  const lines: string[] = [];
  let last: { segment: number; from: number; to: number } | undefined;
  const flush = (): void => {
    if (last !== undefined) lines.push(`segment ${last.segment} ${last.from}-${last.to}`);
    last = undefined;
  };
  for (const { extent, ...piece } of (view.extents ?? Extents.empty).pieces(offset, length)) {
    if (extent !== undefined && 'segment' in extent) {
      const { segment, position } = extent;
      // Extents that lie one behind the other are the same bytes as one.
      if (last?.segment === segment && last.to === position) last.to += extent.length;
      else {
        flush();
        last = { segment, from: position, to: position + extent.length };
      }
      continue;
    }
    flush();
    if (extent === undefined) lines.push(...underneath(piece, view.baseLength, base));
    else if ('loan' in extent) {
      const { etag } = places.versionOf(loans.require(extent.loan).object);
      lines.push(`version ${etag} ${extent.position}+${extent.length}`);
    } else lines.push(`zeros ${extent.length}`);
  }
  flush();
  return hash('sha256', lines.join('\n'), 'hex');
}

/** What no extent covers: the object as far as it counts, then zeros. */
function underneath(
  { offset, length }: Omit<Piece, 'extent'>,
  baseLength: number,
  base: Version | undefined,
): string[] {
  const end = base === undefined ? 0 : Math.min(baseLength, base.size);
  const stored = Math.max(0, Math.min(length, end - offset));
  return [
    ...(stored > 0 && base !== undefined ? [`version ${base.etag} ${offset}+${stored}`] : []),
    ...(stored < length ? [`zeros ${length - stored}`] : []),
  ];
}
