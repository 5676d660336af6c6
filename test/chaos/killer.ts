/** Kills a gateway with SIGKILL at moments that a seed chooses, and starts it again. */
import { setTimeout as wait } from 'node:timers/promises';
import type { KernelTestGateway } from '../kernel/gateway.ts';
import type { Chance } from './random.ts';

/** How long an exchange with S3 is waited for; milliseconds. */
const exchangePatience = 1500;

/** Steps of guest/workload.py: some work before each kill, everything compared after every fourth and the last. */
export function killSteps(count: number, chance: Chance): string[] {
  const found: string[] = [];
  for (let kill = 1; kill <= count; kill++) {
    found.push(`work:${chance.between(4, 50)}`, 'host:kill');
    if (kill % 4 === 0 || kill === count) found.push('work:15', 'settle');
  }
  return found;
}

export class Killer {
  readonly #gateway: KernelTestGateway;
  readonly #chance: Chance;
  readonly #onKilled: () => Promise<void>;
  #kills = 0;
  #awaited: { left: number; readonly reached: (_: undefined) => void } | undefined;

  /** @param onKilled what happens to its machine before the next start */
  constructor(gateway: KernelTestGateway, chance: Chance, onKilled = (): Promise<void> => Promise.resolve()) {
    this.#gateway = gateway;
    this.#chance = chance;
    this.#onKilled = onKilled;
  }

  get kills(): number {
    return this.#kills;
  }

  /** To be called when the gateway has had an answer from S3, or has lost it. */
  exchanged(): void {
    if (this.#awaited !== undefined && --this.#awaited.left <= 0) this.#awaited.reached(undefined);
  }

  /** Returns once the gateway serves again. @throws ChildFailed */
  async kill(): Promise<void> {
    const way = this.#chance.next();
    if (way < 0.4) await this.#nthExchange(this.#chance.between(1, 8));
    else await wait(this.#chance.between(0, 400));
    await this.#killNow();
    if (way > 0.85) {
      // Once more, while it takes up what the last one left.
      const starting = this.#gateway.start().catch(() => undefined);
      await wait(this.#chance.between(200, 1500));
      await this.#killNow();
      await starting;
    }
    await this.#gateway.start();
  }

  async #killNow(): Promise<void> {
    await this.#gateway.kill();
    this.#kills++;
    await this.#onKilled();
  }

  async #nthExchange(left: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#awaited = { left, reached: resolve };
    await Promise.race([promise, wait(exchangePatience)]);
    this.#awaited = undefined;
  }
}
