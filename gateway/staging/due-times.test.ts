import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DueTimes } from './due-times.ts';

it('What is due is taken in the order of its time, and nothing before it', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50)), fc.nat(50), (times, now) => {
      const due = new DueTimes();
      times.forEach((at, sequence) => due.add(at, sequence));
      const taken: number[] = [];
      for (let one = due.take(now); one !== undefined; one = due.take(now)) taken.push(times[one] as number);
      expect(taken).toEqual(times.filter((at) => at <= now).sort((a, b) => a - b));
      expect(due.next).toBe(times.some((at) => at > now) ? Math.min(...times.filter((at) => at > now)) : undefined);
    }),
  );
});
