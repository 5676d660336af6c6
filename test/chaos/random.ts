/** What a run decides by its seed, so that it can be repeated. */
import { createHash } from 'node:crypto';

/** WINDLASS_CHAOS_SEED, or the seed of the short form. */
export const chaosSeed = Number(process.env['WINDLASS_CHAOS_SEED'] ?? 20_260_101);

/** A number that the environment sets for a long run. */
export function fromEnvironment(name: string, short: number): number {
  return Number(process.env[name] ?? short);
}

/** Numbers from a seed and a purpose: what one part of a run draws does not depend on how often another has drawn. */
export class Chance {
  readonly #purpose: string;
  #drawn = 0;

  constructor(seed: number, purpose: string) {
    this.#purpose = `${seed}\0${purpose}`;
  }

  /** In [0, 1). */
  next(): number {
    const digest = createHash('sha256').update(`${this.#purpose}\0${this.#drawn++}`).digest();
    return digest.readUIntBE(0, 6) / 2 ** 48;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }
}
