import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';

/** The bytes of a reply as they arrive. Ends only after as many as were announced; anything less is an error. */
export class ResponseBody extends Readable {
  readonly #controller: Dispatcher.DispatchController;
  readonly #announced: number | undefined;
  #received = 0;
  #over = false;
  /** Turns what broke the exchange off into the error that readers see. */
  explain: (error: unknown) => Error = (error) => (error instanceof Error ? error : new Error(String(error)));

  constructor(controller: Dispatcher.DispatchController, announced: number | undefined) {
    super({ highWaterMark: 256 * 1024 });
    this.#controller = controller;
    this.#announced = announced;
  }

  receive(chunk: Buffer): void {
    this.#received += chunk.length;
    if (!this.destroyed && !this.push(chunk)) this.#controller.pause();
  }

  complete(): void {
    this.#over = true;
    if (this.#announced !== undefined && this.#received !== this.#announced) {
      this.destroy(this.explain(new Error(`${this.#received} of ${this.#announced} bytes arrived`)));
    } else {
      this.push(null);
    }
  }

  fail(error: unknown): void {
    this.#over = true;
    this.destroy(this.explain(error));
  }

  override _read(): void {
    this.#controller.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (!this.#over) this.#controller.abort(error ?? new Error('the reader has left'));
    callback(error);
  }
}
