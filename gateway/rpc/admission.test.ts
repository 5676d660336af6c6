import { expect, it } from 'vitest';
import { Admission } from './admission.ts';

it('serves loopback whatever else is allowed', () => {
  const admission = new Admission([], true);
  for (const address of ['127.0.0.1', '127.255.0.9', '::1']) expect(admission.refusal(address, 50_000)).toBeUndefined();
  for (const address of ['192.0.2.1', '2001:db8::1', '', 'nonsense'])
    expect(admission.refusal(address, 50_000)).toMatch(/no --allow/);
});

it('serves the networks and single addresses that are allowed', () => {
  const admission = new Admission(['192.0.2.0/24', '198.51.100.7', '2001:db8::/32', '2001:db9::5'], true);
  const served = ['192.0.2.255', '198.51.100.7', '2001:db8:1::1', '2001:db9::5'];
  const refused = ['192.0.3.0', '198.51.100.8', '2001:db9::6', '0.0.0.0'];
  expect(served.map((address) => admission.refusal(address, 1))).toEqual(served.map(() => undefined));
  for (const address of refused) expect(admission.refusal(address, 1)).toMatch(/no --allow/);
});

it('serves source ports below 1024 alone unless others are allowed', () => {
  expect(new Admission([], false).refusal('127.0.0.1', 1023)).toBeUndefined();
  expect(new Admission([], false).refusal('127.0.0.1', 1024)).toMatch(/--insecure-ports/);
  expect(new Admission([], true).refusal('127.0.0.1', 1024)).toBeUndefined();
});

it.each(['example.com', '192.0.2.0/33', '192.0.2.0/x', ''])('does not take %s for a network', (network) => {
  expect(() => new Admission([network], true)).toThrow();
});
