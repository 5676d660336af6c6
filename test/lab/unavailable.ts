import { onContinuousIntegration } from './machine.ts';

/** Something that tests need cannot be had on this machine; the message says what and what would help. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/**
 * The reason why `make` cannot be had here, or what it made. On continuous integration nothing may be left out, so
 * there the reason is thrown.
 */
export async function orReason<T>(make: () => Promise<T>): Promise<{ readonly made: T } | { readonly reason: string }> {
  try {
    return { made: await make() };
  } catch (error) {
    if (error instanceof Unavailable && !onContinuousIntegration) return { reason: error.message };
    throw error;
  }
}
