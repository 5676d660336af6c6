/** Errors of the layers below, as what a client is told. */
import { DatabaseError } from '../database/database.ts';
import type { Log } from '../log.ts';
import { StagingError } from '../staging/segments.ts';
import { StoreError } from '../store/object-store.ts';
import { FileSystemError } from './errors.ts';

/** No reply is held back longer than this, milliseconds; then the client is asked to come again. */
export const replyWithin = 5000;

/** A store that has not answered for so long, milliseconds, is an error to a reader. */
const patience = 300_000;

export class Failures {
  readonly #log: Log;
  #unavailableSince: number | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Waits for the store, at most as long as a reply may take; where there is nothing to wait for, not at all. Rejects with
   * FileSystemError.
   */
  within<T>(work: Promise<T>): Promise<T>;
  within<T>(work: Promise<T> | undefined): Promise<T> | undefined;
  within<T>(work: Promise<T> | undefined): Promise<T> | undefined {
    return work === undefined ? undefined : this.#within(work);
  }

  async #within<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    // What goes on after the client was told to come back is met again by its retry.
    work.catch(() => undefined);
    try {
      const result = await Promise.race([
        work,
        new Promise<never>((_, reject) => {
          timer = setTimeout(() => reject(new FileSystemError('DELAY', 'the store is slow')), replyWithin);
        }),
      ]);
      this.#unavailableSince = undefined;
      return result;
    } catch (error) {
      throw this.translate(error);
    } finally {
      clearTimeout(timer);
    }
  }

  translate(error: unknown): FileSystemError {
    if (error instanceof FileSystemError) return error;
    if (error instanceof StagingError) return new FileSystemError(error.code, error.message, { cause: error });
    if (error instanceof StoreError) return this.#ofStore(error);
    if (error instanceof DatabaseError && error.code === 'NOSPC')
      return new FileSystemError('NOSPC', error.message, { cause: error });
    if (!(error instanceof DatabaseError)) this.#log.error({ error }, 'A file operation failed unexpectedly.');
    return new FileSystemError('IO', 'the operation failed', { cause: error });
  }

  #ofStore(error: StoreError): FileSystemError {
    const options = { cause: error };
    if (error.heals) {
      this.#unavailableSince ??= performance.now();
      const lasting = performance.now() - this.#unavailableSince > patience;
      if (lasting) this.#log.warn({ code: error.code }, error.message);
      return new FileSystemError(lasting ? 'IO' : 'DELAY', error.message, options);
    }
    this.#log.warn({ code: error.code }, error.message);
    switch (error.code) {
      case 'AccessDenied':
      case 'Archived':
        return new FileSystemError('ACCESS', error.message, options);
      case 'NoSpace':
        return new FileSystemError('NOSPC', error.message, options);
      case 'TooLarge':
        return new FileSystemError('FBIG', error.message, options);
      default:
        return new FileSystemError('IO', error.message, options);
    }
  }
}
