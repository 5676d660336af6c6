import { describe, expect, it } from 'vitest';
import { StoreError } from './object-store.ts';
import { interactiveRetry, persistentRetry, retryAfter, retryDelay } from './retry.ts';

const almostOne = 1 - Number.EPSILON;

describe('retryDelay', () => {
  it('may be nothing at all', () => {
    expect(retryDelay(interactiveRetry, 3, 0)).toBe(0);
  });

  it('doubles its bound with every failed try', () => {
    const bounds = [1, 2, 3, 4].map((attempt) => Math.ceil(retryDelay(interactiveRetry, attempt, almostOne)));
    expect(bounds).toEqual([99, 199, 399, 799]);
  });

  it('never exceeds the cap, however often it failed', () => {
    expect(retryDelay(persistentRetry, 5_000, almostOne)).toBeLessThan(persistentRetry.capMilliseconds);
  });
});

describe('retryAfter', () => {
  const unavailable = new StoreError('Unavailable', 'The server is busy.');

  it('waits after an error that may heal', () => {
    expect(retryAfter(persistentRetry, unavailable, 1, 0.5)).toBe(250);
  });

  it('gives up at once after an error that does not heal', () => {
    expect(retryAfter(persistentRetry, new StoreError('NotFound', 'No such key.'), 1, 0.5)).toBeUndefined();
    expect(retryAfter(persistentRetry, new Error('a bug'), 1, 0.5)).toBeUndefined();
  });

  it('gives up when the tries are used up', () => {
    expect(retryAfter(interactiveRetry, unavailable, interactiveRetry.maxAttempts, 0.5)).toBeUndefined();
  });
});
