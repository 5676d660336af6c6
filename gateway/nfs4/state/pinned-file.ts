/** An OpenFile that is closed only when the last READ or WRITE under way on it has ended. */
import type { OpenFile } from '../../filesystem/file-system.ts';

export class PinnedFile {
  readonly #file: OpenFile;
  #uses = 0;
  #closing = false;
  readonly #unused = Promise.withResolvers<undefined>();

  constructor(file: OpenFile) {
    this.#file = file;
  }

  async use<T>(body: (file: OpenFile) => Promise<T>): Promise<T> {
    this.#uses++;
    try {
      return await body(this.#file);
    } finally {
      this.#uses--;
      if (this.#closing && this.#uses === 0) this.#unused.resolve(undefined);
    }
  }

  /** Idempotent, as OpenFile.close is. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#uses > 0) await this.#unused.promise;
    await this.#file.close();
  }
}
