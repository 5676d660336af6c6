/**
 * Files that are written without having been opened (NFSv3, special stateids): nobody says when they are done, so a file
 * counts as closed when it has not been written for a while.
 */
import type { Fileid } from '../staging/records.ts';
import type { Failures } from './failures.ts';
import type { OpenFile } from './file-system.ts';
import type { InodeNode } from './nodes.ts';
import type { OpenFiles } from './open-files.ts';

/** Milliseconds without a write after which a file is closed. */
export const usualSilence = 2000;

interface Writer {
  readonly open: OpenFile;
  readonly timer: NodeJS.Timeout;
}

export class SilentWriters {
  readonly #openFiles: OpenFiles;
  readonly #failures: Failures;
  readonly #silence: number;
  readonly #writers = new Map<Fileid, Writer>();

  constructor(openFiles: OpenFiles, failures: Failures, silence: number) {
    this.#openFiles = openFiles;
    this.#failures = failures;
    this.#silence = silence;
  }

  /** The file is about to be written: it is open from now on, until it falls silent. */
  writes(node: InodeNode): void {
    const known = this.#writers.get(node.fileid);
    if (known !== undefined) {
      known.timer.refresh();
      return;
    }
    const open = this.#openFiles.open(node, { read: false, write: true });
    const timer = setTimeout(() => void this.#end(node.fileid), this.#silence);
    this.#writers.set(node.fileid, { open, timer: timer.unref() });
  }

  /** The file has lost its name: who removes it does not write it any more. */
  removed(fileid: Fileid): void {
    void this.#end(fileid);
  }

  /** Closes everything at once. */
  async close(): Promise<void> {
    await Promise.all([...this.#writers.keys()].map((fileid) => this.#end(fileid)));
  }

  async #end(fileid: Fileid): Promise<void> {
    const writer = this.#writers.get(fileid);
    if (writer === undefined) return;
    this.#writers.delete(fileid);
    clearTimeout(writer.timer);
    try {
      await writer.open.close();
    } catch (error) {
      // Nobody waits for this close. What was committed is kept, and what was not its client sends again.
      this.#failures.translate(error);
    }
  }
}
