import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { Bandwidth, type BandwidthClock } from './bandwidth.ts';

/** Time that passes when it is told to. */
class Clock implements BandwidthClock {
  time = 0;
  #due: { at: number; call: () => void } | undefined;

  now(): number {
    return this.time;
  }

  after(milliseconds: number, call: () => void): () => void {
    this.#due = { at: this.time + milliseconds, call };
    return () => (this.#due = undefined);
  }

  async pass(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    while (this.#due !== undefined && this.#due.at <= end) {
      const { at, call } = this.#due;
      this.#due = undefined;
      this.time = at;
      call();
      // Whoever was let goes on at this very time.
      await new Promise(setImmediate);
    }
    this.time = end;
    await Promise.resolve();
  }
}

let clock: Clock;
let bandwidth: Bandwidth;
let went: number[];
const send = (bytes: number): void => void bandwidth.take(bytes).then(() => went.push(bytes));

beforeEach(() => {
  clock = new Clock();
  bandwidth = new Bandwidth(clock);
  went = [];
});

it('Without a limit everything goes at once', async () => {
  send(1e12);
  await clock.pass(0);
  expect(went).toEqual([1e12]);
});

it('With a limit no more goes than the limit lets, in the order in which it was asked for', async () => {
  bandwidth.limit(1000);
  for (const bytes of [500, 501, 502, 503]) send(bytes);
  const seen: number[][] = [];
  for (let i = 0; i < 4; i++) {
    await clock.pass(i === 0 ? 0 : 510);
    seen.push([...went]);
  }
  expect(seen).toEqual([[500], [500, 501], [500, 501, 502], [500, 501, 502, 503]]);
});

it('A time without uploads is not saved up for more than a moment', async () => {
  bandwidth.limit(1000);
  await clock.pass(3_600_000);
  send(101);
  send(1);
  send(1);
  await clock.pass(0);
  expect(went).toEqual([101]);
});

it('A new limit counts at once, and none lets everything go', async () => {
  bandwidth.limit(1);
  for (const bytes of [1000, 1000, 1000]) send(bytes);
  await clock.pass(500);
  expect(went).toHaveLength(1);
  bandwidth.limit(1_000_000);
  await clock.pass(1);
  expect(went).toHaveLength(2);
  bandwidth.limit(undefined);
  await clock.pass(0);
  expect(went).toHaveLength(3);
});

it('What goes is what the limit lets, whoever asks for how much', async () => {
  const rates = fc.integer({ min: 1024, max: 100 * 1024 ** 2 });
  const bodies = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 });
  const ratio = async (rate: number, shares: readonly number[]): Promise<number> => {
    const time = new Clock();
    const limited = new Bandwidth(time);
    limited.limit(rate);
    let sent = 0;
    let isOver = false;
    const body = async (share: number): Promise<void> => {
      while (!isOver) {
        const bytes = Math.ceil(limited.piece / share);
        await limited.take(bytes);
        sent += bytes;
      }
    };
    for (const share of shares) void body(share);
    const seconds = 10;
    await new Promise(setImmediate);
    await time.pass(seconds * 1000);
    isOver = true;
    return sent / (rate * seconds);
  };
  await fc.assert(
    fc.asyncProperty(rates, bodies, async (rate, shares) => {
      const measured = await ratio(rate, shares);
      expect(measured).toBeGreaterThan(0.97);
      expect(measured).toBeLessThan(1.03);
    }),
    { numRuns: 20 },
  );
});
