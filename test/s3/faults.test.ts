import { describe, expect, it } from 'vitest';
import { FaultPlan, type Faults } from './faults.ts';
import { classifyRequest } from './request-kind.ts';

const reset = { type: 'reset' } as const;
const half: Faults = { rules: [{ fault: reset, probability: 0.5 }] };
const get = (key: string) => classifyRequest('GET', `/bucket/${key}`, false);
const keys = Array.from({ length: 200 }, (_, index) => `key-${index}`);

function fates(seed: number, order: readonly string[]): Map<string, boolean> {
  const plan = new FaultPlan(seed, half);
  return new Map(order.map((key) => [key, plan.next(get(key)) !== undefined]));
}

describe('a plan of faults', () => {
  it('gives every request the same fate under the same seed, in whatever order they come', () => {
    expect(fates(7, keys.toReversed())).toEqual(new Map(fates(7, keys)));
  });

  it('gives other fates under another seed', () => {
    expect(fates(8, keys)).not.toEqual(fates(7, keys));
  });

  it('strikes as often as its probability says', () => {
    const struck = [...fates(7, keys).values()].filter(Boolean).length;
    expect(struck).toBeGreaterThan(70);
    expect(struck).toBeLessThan(130);
  });

  it('decides anew for the repetition of a request', () => {
    const plan = new FaultPlan(7, half);
    const outcomes = new Set(Array.from({ length: 40 }, () => plan.next(get('a')) === undefined));
    expect(outcomes.size).toBe(2);
  });

  it('does not let the random upload id have a say', () => {
    const part = (uploadId: string) => classifyRequest('PUT', `/b/k?partNumber=3&uploadId=${uploadId}`, false);
    const plans = ['x', 'y'].map((uploadId) => {
      const plan = new FaultPlan(3, half);
      return Array.from({ length: 20 }, () => plan.next(part(uploadId))?.share);
    });
    expect(plans[0]).toEqual(plans[1]);
  });

  it('strikes only the kinds it names', () => {
    const plan = new FaultPlan(1, { rules: [{ fault: reset, probability: 1, kinds: ['PutObject'] }] });
    expect(plan.next(get('a'))).toBeUndefined();
    expect(plan.next(classifyRequest('PUT', '/bucket/a', false))?.fault).toEqual(reset);
  });

  it('stops after the times it is given, and the next rule takes over', () => {
    const delay = { type: 'delay', milliseconds: 1 } as const;
    const plan = new FaultPlan(1, {
      rules: [
        { fault: reset, probability: 1, times: 2 },
        { fault: delay, probability: 1 },
      ],
    });
    expect(['a', 'b', 'c'].map((key) => plan.next(get(key))?.fault)).toEqual([reset, reset, delay]);
  });
});
