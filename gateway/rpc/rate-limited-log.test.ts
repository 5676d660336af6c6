import { expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import { RateLimitedLog } from './rate-limited-log.ts';

it('says a message once in ten seconds, and then how often it was left out', () => {
  const said: [object, string][] = [];
  let now = 0;
  const log = new RateLimitedLog({ ...silentLog, warn: (...entry) => void said.push(entry) }, () => now);
  for (; now < 10_000; now += 2500) log.warn({ now }, 'Refused.');
  log.warn({}, 'Something else.');
  log.warn({ now }, 'Refused.');
  now += 10_000;
  log.warn({ now }, 'Refused.');
  expect(said).toEqual([
    [{ now: 0 }, 'Refused.'],
    [{}, 'Something else.'],
    [{ now: 10_000, suppressed: 3 }, 'Refused.'],
    [{ now: 20_000 }, 'Refused.'],
  ]);
});
