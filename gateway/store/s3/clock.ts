/** The clock that requests are signed by: this machine's, corrected by what the servers said their time is. */
export class Clock {
  #offset = 0;

  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now() + this.#offset;
  }

  /**
   * Learns from the Date header of a refusal.
   *
   * @returns whether the clock was off so far that servers refuse (they allow 15 minutes; the SDK corrects above 4)
   */
  learn(dateHeader: string | undefined): boolean {
    const server = dateHeader === undefined ? NaN : Date.parse(dateHeader);
    if (Number.isNaN(server) || Math.abs(server - this.now()) < 240_000) return false;
    this.#offset = server - Date.now();
    return true;
  }
}
