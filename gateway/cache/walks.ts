/** Notices programs that go through a tree, directory by directory (find, rsync, git status), so that flat listings can answer ahead of them. */

/** Milliseconds between two steps of a walk, at most. */
export const pace = 5000;

/** Directories that are remembered. */
const maxDirectories = 1000;

interface Steps {
  /** When the directory itself was read, and when one in it was asked for; milliseconds of a monotonic clock. */
  read: number;
  below: number;
}

export class Walks<Directory> {
  readonly #steps = new Map<Directory, Steps>();

  /** The directory is read, as a whole. */
  read(directory: Directory, now: number): void {
    this.#of(directory).read = now;
  }

  /**
   * A directory in `parent` is about to be listed.
   * @param reads it is read as a whole: then its parent's having been read just before is a step of the walk too
   * @returns whether somebody walks through the parent's tree
   */
  isWalk(parent: Directory, reads: boolean, now: number): boolean {
    const steps = this.#of(parent);
    const before = reads ? Math.max(steps.read, steps.below) : steps.below;
    steps.below = now;
    return now - before <= pace;
  }

  #of(directory: Directory): Steps {
    const steps = this.#steps.get(directory) ?? { read: Number.NEGATIVE_INFINITY, below: Number.NEGATIVE_INFINITY };
    this.#steps.delete(directory);
    this.#steps.set(directory, steps);
    for (const oldest of this.#steps.keys()) {
      if (this.#steps.size <= maxDirectories) break;
      this.#steps.delete(oldest);
    }
    return steps;
  }
}
