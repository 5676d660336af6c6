/**
 * Leases (RFC 7530 §9.5, RFC 8881 §8.3). A lease that has run out costs nothing by itself: sleep and a slow network are
 * no crime. What its client holds is taken only when it is in somebody else's way, or when memory is short.
 */
import type { Client } from './client.ts';
import type { Clock } from './clock.ts';

export class Leases {
  readonly milliseconds: number;
  readonly #clock: Clock;
  readonly #gone = new WeakSet<Client>();

  constructor(milliseconds: number, clock: Clock) {
    this.milliseconds = milliseconds;
    this.#clock = clock;
  }

  /** Milliseconds of the Clock. */
  get now(): number {
    return this.#clock();
  }

  renew(client: Client): void {
    client.renewedAt = this.#clock();
  }

  isExpired(client: Client): boolean {
    return this.silence(client) > this.milliseconds;
  }

  /** Milliseconds since the client was last heard of. */
  silence(client: Client): number {
    return this.#clock() - client.renewedAt;
  }

  /** The client has been destroyed; what is still under way for it must not give it anything. */
  end(client: Client): void {
    this.#gone.add(client);
  }

  isGone(client: Client): boolean {
    return this.#gone.has(client);
  }
}
