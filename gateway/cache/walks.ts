/** Notices programs that go through a tree, directory by directory (find, rsync, git status), so that one flat listing can answer the rest. */

/** Directories below one parent that are listed one after the other before it counts as a walk. */
const proof = 2;

/** Milliseconds between two of them, at most. */
const pace = 5000;

/** Parents that are remembered. */
const maxParents = 1000;

interface Progress {
  count: number;
  /** Of the last one, milliseconds of a monotonic clock. */
  last: number;
}

export class Walks<Directory> {
  readonly #progress = new Map<Directory, Progress>();

  /** A directory below `parent` is about to be listed. @returns whether somebody walks through the parent's tree */
  isWalk(parent: Directory, now: number): boolean {
    const before = this.#progress.get(parent);
    const progress =
      before === undefined || now - before.last > pace
        ? { count: 1, last: now }
        : { count: before.count + 1, last: now };
    this.#progress.delete(parent);
    this.#progress.set(parent, progress);
    for (const oldest of this.#progress.keys()) {
      if (this.#progress.size <= maxParents) break;
      this.#progress.delete(oldest);
    }
    return progress.count >= proof;
  }

  /** The parent's tree is too large to be listed at once. */
  giveUp(parent: Directory): void {
    this.#progress.set(parent, { count: Number.NEGATIVE_INFINITY, last: Number.POSITIVE_INFINITY });
  }
}
