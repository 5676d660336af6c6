/** Which bytes of a file are staged, and where they are. Immutable: a frozen generation is a reference. */

export interface Location {
  readonly segment: number;
  /** Bytes from the start of the segment. */
  readonly position: number;
}

/** In a version of another file's object, see loans.ts. */
export interface Borrowed {
  readonly loan: number;
  /** Bytes from the start of the object. */
  readonly position: number;
}

/** Nowhere: a hole over whatever lies underneath. */
export interface Zeros {
  readonly zeros: true;
}

/** Where the bytes of an extent are. */
export type Source = Location | Borrowed | Zeros;

interface Stretch {
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes, above 0. */
  readonly length: number;
}

export type Extent = Stretch & Source;

/** A stretch of a file: staged bytes, or (`extent` undefined) what lies underneath. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly extent: Extent | undefined;
}

export interface ExtentChange {
  readonly extents: Extents;
  /** What is no longer referred to, whole or in part: no more bytes than that. */
  readonly freed: readonly Extent[];
}

/** Extents in order of their offsets, never overlapping. */
export class Extents {
  static readonly empty = new Extents([]);
  readonly list: readonly Extent[];

  constructor(list: readonly Extent[]) {
    this.list = list;
  }

  /** First extent that ends after `offset`. */
  #search(offset: number): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const extent = this.list[middle] as Extent;
      if (extent.offset + extent.length <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Takes `length` bytes from `offset` out; `replacement` goes in their place. */
  #splice(offset: number, length: number, replacement: Extent | undefined): ExtentChange {
    const end = offset + length;
    const first = this.#search(offset);
    let last = first;
    const kept: Extent[] = [];
    const freed: Extent[] = [];
    let before: Extent | undefined;
    let after: Extent | undefined;
    for (let extent = this.list[last]; extent !== undefined && extent.offset < end; extent = this.list[++last]) {
      const from = Math.max(offset, extent.offset);
      const to = Math.min(end, extent.offset + extent.length);
      if (extent.offset < from) before = slice(extent, extent.offset, from);
      if (to < extent.offset + extent.length) after = slice(extent, to, extent.offset + extent.length);
      freed.push(slice(extent, from, to));
    }
    if (before !== undefined) kept.push(before);
    if (replacement !== undefined) {
      const previous = kept[kept.length - 1] ?? this.list[first - 1];
      if (previous !== undefined && adjoins(previous, replacement)) {
        const joined = { ...previous, length: previous.length + replacement.length };
        if (kept.length > 0) kept[kept.length - 1] = joined;
        else {
          const list = [...this.list.slice(0, first - 1), joined, ...(after ? [after] : []), ...this.list.slice(last)];
          return { extents: new Extents(list), freed };
        }
      } else kept.push(replacement);
    }
    if (after !== undefined) kept.push(after);
    return { extents: new Extents([...this.list.slice(0, first), ...kept, ...this.list.slice(last)]), freed };
  }

  /** The bytes of `extent` now lie there. */
  write(extent: Extent): ExtentChange {
    return this.#splice(extent.offset, extent.length, extent);
  }

  /** Nothing is staged from `size` on. */
  truncate(size: number): ExtentChange {
    return this.#splice(size, Number.MAX_SAFE_INTEGER - size, undefined);
  }

  /** Covers `length` bytes from `offset` with pieces, in order. */
  *pieces(offset: number, length: number): Generator<Piece> {
    const end = offset + length;
    let at = offset;
    for (let i = this.#search(offset); at < end; i++) {
      const extent = this.list[i];
      if (extent === undefined || extent.offset >= end) {
        yield { offset: at, length: end - at, extent: undefined };
        return;
      }
      if (extent.offset > at) {
        yield { offset: at, length: extent.offset - at, extent: undefined };
        at = extent.offset;
      }
      const to = Math.min(end, extent.offset + extent.length);
      yield { offset: at, length: to - at, extent: slice(extent, at, to) };
      at = to;
    }
  }
}

function slice(extent: Extent, from: number, to: number): Extent {
  return {
    ...extent,
    offset: from,
    length: to - from,
    ...('position' in extent ? { position: extent.position + (from - extent.offset) } : {}),
  };
}

/** Whether `b` goes on where `a` ends, in the file and where its bytes are. */
function adjoins(a: Extent, b: Extent): boolean {
  if (a.offset + a.length !== b.offset) return false;
  return isSameSource({ ...a, ...('position' in a ? { position: a.position + a.length } : {}) }, b);
}

/** Whether both have their bytes at the same place. */
export function isSameSource(a: Source, b: Source): boolean {
  if ('segment' in a) return 'segment' in b && a.segment === b.segment && a.position === b.position;
  if ('loan' in a) return 'loan' in b && a.loan === b.loan && a.position === b.position;
  return 'zeros' in b;
}
