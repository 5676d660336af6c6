/** Which stores do not answer at present: what is known of them goes on to count, and nobody waits to hear it again. */
import type { Log } from '../log.ts';
import { StoreError } from '../store/object-store.ts';
import type { Export } from './exports.ts';

/** Milliseconds between two tries whether a store answers again. */
const pause = 2000;

export class Outages {
  readonly #log: Log;
  /** When the store was last asked, milliseconds of a monotonic clock. */
  readonly #away = new Map<Export, number>();
  #isClosed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Asks the store, unless it is away and there is an earlier answer.
   * @param isKnown whether there is: then a store that cannot be reached is no error
   * @throws StoreError
   */
  async ask(of: Export, isKnown: boolean, question: () => Promise<unknown>): Promise<void> {
    const last = this.#away.get(of);
    if (isKnown && last !== undefined) {
      if (performance.now() - last < pause) return;
      this.#away.set(of, performance.now());
      // Nobody waits for it. What it cannot do is met by whoever asks next.
      void this.#try(of, question).catch(() => undefined);
      return;
    }
    try {
      await this.#try(of, question);
    } catch (error) {
      if (!isKnown || !(error instanceof StoreError) || !error.heals) throw error;
    }
  }

  /** Nothing is said any more. */
  close(): void {
    this.#isClosed = true;
  }

  async #try(of: Export, question: () => Promise<unknown>): Promise<void> {
    try {
      await question();
    } catch (error) {
      if (error instanceof StoreError && error.heals) this.#noteAway(of, error);
      else this.#noteBack(of);
      throw error;
    }
    this.#noteBack(of);
  }

  #noteAway(of: Export, { code, message }: StoreError): void {
    const isNew = !this.#away.has(of);
    this.#away.set(of, performance.now());
    if (isNew && !this.#isClosed)
      this.#log.warn({ code, export: of.name }, `${message} Until it answers, ${of.name} shows what was known before.`);
  }

  #noteBack(of: Export): void {
    if (this.#away.delete(of) && !this.#isClosed) this.#log.info({ export: of.name }, `${of.name} answers again.`);
  }
}
