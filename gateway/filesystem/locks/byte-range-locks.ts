/**
 * The byte-range locks of one file with POSIX semantics: an owner's locks never conflict with each other, a new one
 * replaces what it covers, and neighbours of the same kind become one. Free of any protocol's types, so that NFSv4 and
 * NLM can hold locks in the same table. Offsets are exact 64-bit values.
 */

export type LockKind = 'read' | 'write';

/** Bytes from `start` up to, not including, `end`; at most 2^64. Never empty. */
export interface LockRange {
  readonly start: bigint;
  readonly end: bigint;
}

export interface HeldLock<Owner> extends LockRange {
  readonly owner: Owner;
  readonly kind: LockKind;
}

/** `end` of a range that goes on to the end of the file, however long that becomes. */
export const endOfFile = 1n << 64n;

interface Segment extends LockRange {
  readonly kind: LockKind;
}

/** @param Owner compared by identity */
export class ByteRangeLocks<Owner> {
  /** Per owner: ascending, disjoint, neighbours of one kind joined. */
  readonly #owners = new Map<Owner, readonly Segment[]>();

  get isEmpty(): boolean {
    return this.#owners.size === 0;
  }

  /** Some other owner's lock that stands in the way of this one: the one with the lowest start. */
  conflict(owner: Owner, kind: LockKind, range: LockRange): HeldLock<Owner> | undefined {
    let found: HeldLock<Owner> | undefined;
    for (const [holder, segments] of this.#owners) {
      if (holder === owner) continue;
      for (const segment of segments) {
        if (segment.start >= range.end) break;
        if (segment.end <= range.start || (kind === 'read' && segment.kind === 'read')) continue;
        if (found === undefined || segment.start < found.start) found = { owner: holder, ...segment };
        break;
      }
    }
    return found;
  }

  /** Gives the owner this lock over the range, upgrading or downgrading what it held there. The caller has asked `conflict`. */
  lock(owner: Owner, kind: LockKind, range: LockRange): void {
    this.#store(owner, [...without(this.#owners.get(owner) ?? [], range), { ...range, kind }]);
  }

  /** Takes the range from the owner; what it does not hold there does not matter. */
  unlock(owner: Owner, range: LockRange): void {
    const segments = this.#owners.get(owner);
    if (segments !== undefined) this.#store(owner, without(segments, range));
  }

  unlockAll(owner: Owner): void {
    this.#owners.delete(owner);
  }

  /** What the owner holds, ascending. */
  held(owner: Owner): readonly HeldLock<Owner>[] {
    return (this.#owners.get(owner) ?? []).map((segment) => ({ owner, ...segment }));
  }

  owners(): Iterable<Owner> {
    return this.#owners.keys();
  }

  holds(owner: Owner): boolean {
    return this.#owners.has(owner);
  }

  #store(owner: Owner, segments: readonly Segment[]): void {
    if (segments.length === 0) this.#owners.delete(owner);
    else this.#owners.set(owner, joined(segments));
  }
}

/** The segments with the range cut out of them. */
function without(segments: readonly Segment[], range: LockRange): Segment[] {
  return segments.flatMap((segment) => {
    if (segment.end <= range.start || segment.start >= range.end) return [segment];
    const rest: Segment[] = [];
    if (segment.start < range.start) rest.push({ ...segment, end: range.start });
    if (segment.end > range.end) rest.push({ ...segment, start: range.end });
    return rest;
  });
}

/** Disjoint segments in order, touching ones of the same kind made one. */
function joined(segments: readonly Segment[]): readonly Segment[] {
  const ordered = segments.toSorted((a, b) => (a.start < b.start ? -1 : 1));
  const result: Segment[] = [];
  for (const segment of ordered) {
    const last = result.at(-1);
    if (last !== undefined && last.end === segment.start && last.kind === segment.kind) {
      result[result.length - 1] = { ...last, end: segment.end };
    } else {
      result.push(segment);
    }
  }
  return result;
}
