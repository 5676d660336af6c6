import { describe, expect, it } from 'vitest';
import { ReadAhead, Reader, type Window } from './read-ahead.ts';

const MiB = 1024 * 1024;

/** What is asked for while a reader goes through `reads` of an object of `size`. All in MiB. */
function windowsOf(
  reads: Iterable<readonly [number, number]>,
  size: number,
  { budget = 32, end }: { budget?: number; end?: number } = {},
): Window[] {
  const readAhead = new ReadAhead(budget * MiB, () => 0);
  const reader = new Reader(end === undefined ? undefined : end * MiB);
  return [...reads].flatMap(([offset, length]) => readAhead.plan(reader, offset * MiB, length * MiB, size * MiB));
}

function* inSequence(from: number, to: number, step = 1): Generator<readonly [number, number]> {
  for (let offset = from; offset < to; offset += step) yield [offset, step];
}

const inMiB = (windows: readonly Window[]): (readonly [number, number])[] =>
  windows.map(({ from, to }) => [from / MiB, to / MiB]);

describe('Read-ahead', () => {
  it('fetches 64 MiB in eight windows that lie side by side', () => {
    expect(inMiB(windowsOf(inSequence(0, 64), 64))).toEqual([
      [0, 1],
      [1, 8],
      [8, 24],
      [24, 32],
      [32, 40],
      [40, 48],
      [48, 56],
      [56, 64],
    ]);
  });

  it('asks for one MiB where the head alone is read', () => {
    expect(inMiB(windowsOf([[0, 1]], 1000))).toEqual([[0, 1]]);
    expect(inMiB(windowsOf(inSequence(0, 0.5, 0.125), 1000))).toEqual([[0, 1]]);
  });

  it('is never further ahead than what was read before, and in the end by several windows', () => {
    const readAhead = new ReadAhead(32 * MiB, () => 0);
    const reader = new Reader();
    let reach = 0;
    const ahead: number[] = [];
    for (const [offset] of inSequence(0, 200)) {
      for (const { to } of readAhead.plan(reader, offset * MiB, MiB, 1000 * MiB)) reach = to / MiB;
      ahead.push(reach - offset - 1);
    }
    expect(ahead[1]).toBeLessThanOrEqual(8);
    expect(Math.max(...ahead)).toBeLessThanOrEqual(40);
    expect(Math.min(...ahead.slice(40))).toBeGreaterThanOrEqual(32);
  });

  it('asks at once for all that a reader says it will read, and for nothing beyond', () => {
    expect(inMiB(windowsOf(inSequence(35, 43), 64, { end: 43 }))).toEqual([[35, 43]]);
    expect(inMiB(windowsOf(inSequence(3, 19), 64, { end: 19, budget: 8 })).at(-1)?.[1]).toBe(19);
  });

  it('asks for nothing on behalf of a random reader', () => {
    const at = [500, 3, 720, 40, 910, 250];
    expect(
      windowsOf(
        at.map((offset) => [offset, 0.25] as const),
        1000,
      ),
    ).toEqual([]);
  });

  it('follows a reader that goes on from the middle', () => {
    const windows = inMiB(windowsOf(inSequence(100, 140, 0.5), 1000));
    expect(windows[0]?.[0]).toBeLessThanOrEqual(102);
    expect(windows.at(-1)?.[1]).toBeGreaterThan(160);
  });

  it('takes reads that come in another order for a sequence', () => {
    const shuffled = [...inSequence(0, 64, 4)].flatMap(([at]) =>
      [at + 1, at, at + 3, at + 2].map((one) => [one, 1] as const),
    );
    expect(windowsOf(shuffled, 64).length).toBeLessThanOrEqual(9);
  });

  it('tells apart two that read by one open', () => {
    const both = [...inSequence(0, 32)].flatMap(
      ([offset]) =>
        [
          [offset, 1],
          [offset + 500, 1],
        ] as const,
    );
    const windows = inMiB(windowsOf(both, 1000));
    const [low, high] = [windows.filter(([from]) => from < 250), windows.filter(([from]) => from > 250)];
    expect(low.at(-1)?.[1]).toBeGreaterThan(40);
    expect(high.at(-1)?.[1]).toBeGreaterThan(540);
  });

  it('shares its budget among all who read', () => {
    const readAhead = new ReadAhead(32 * MiB, () => 0);
    const reach = Array.from({ length: 40 }, () => 0);
    const readers = reach.map(() => new Reader());
    for (const [offset] of inSequence(0, 100)) {
      for (const [i, reader] of readers.entries())
        for (const { to } of readAhead.plan(reader, offset * MiB, MiB, 1000 * MiB)) reach[i] = to / MiB;
    }
    const ahead = reach.reduce((sum, to) => sum + Math.max(0, to - 100), 0);
    // A window is asked for once a share is used up, and is no longer than one.
    expect(ahead).toBeLessThanOrEqual(2 * 32);
  });

  it('gives the share of those who have stopped to the others', () => {
    let now = 0;
    const readAhead = new ReadAhead(32 * MiB, () => now);
    for (let i = 0; i < 31; i++) readAhead.plan(new Reader(), 0, MiB, 1000 * MiB);
    now = 10_000;
    const reader = new Reader();
    const windows = [...inSequence(0, 100)].flatMap(([offset]) =>
      readAhead.plan(reader, offset * MiB, MiB, 1000 * MiB),
    );
    expect(windows.at(-1)?.to).toBeGreaterThan(128 * MiB);
  });
});
