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
