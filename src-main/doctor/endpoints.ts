/** Whether what the connections name answers: address, proxy, certificate, clock, keys, buckets. */
import type { ConnectionTest } from '../api/connections.ts';
import { fail, good, warn, type Finding } from './finding.ts';

export function endpointFindings(name: string, { steps }: ConnectionTest): readonly Finding[] {
  const check = `connection ${name}`;
  const findings = steps.flatMap(({ outcome, problem }) => {
    if (problem === undefined) return [];
    const { detail, remedy } = problem;
    return [outcome === 'failed' ? fail(check, detail, remedy) : warn(check, detail, remedy)];
  });
  return findings.length > 0 ? findings : [good(check, 'Everything that was tried is right.')];
}
