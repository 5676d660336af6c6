/** Calls one function when it is needed next, however many ask for it. */
export class Wake {
  readonly #call: () => void;
  #timer: { readonly at: number; readonly handle: NodeJS.Timeout } | undefined;
  #soon = false;
  #stopped = false;

  constructor(call: () => void) {
    this.#call = call;
  }

  /** @param milliseconds from now; 0 or less: as soon as what runs has ended */
  in(milliseconds: number): void {
    if (this.#stopped) return;
    if (milliseconds <= 0) {
      if (this.#soon) return;
      this.#soon = true;
      setImmediate(() => {
        this.#soon = false;
        if (!this.#stopped) this.#call();
      });
      return;
    }
    const at = Date.now() + milliseconds;
    if (this.#timer !== undefined && at >= this.#timer.at) return;
    clearTimeout(this.#timer?.handle);
    // Longer than timers can wait (2^31 - 1 ms), it wakes early and waits again.
    const handle = setTimeout(
      () => {
        this.#timer = undefined;
        this.#call();
      },
      Math.min(milliseconds, 2 ** 31 - 1),
    );
    this.#timer = { at, handle };
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer?.handle);
  }
}
