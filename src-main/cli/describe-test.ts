/** What a test of a connection has found, in lines for a person. */
import type { ConnectionTest, TestStep } from '../api/connections.ts';
import { printable } from './format.ts';

const names: Readonly<Record<TestStep['step'], string>> = {
  address: 'address',
  connect: 'connection',
  clock: 'clock',
  keys: 'keys',
  buckets: 'list of buckets',
  bucket: 'bucket',
};

/** Of steps that were skipped nothing is said: something before them failed, or they do not apply. */
export function describeTest({ steps, buckets }: ConnectionTest): string {
  const lines = steps.flatMap(({ step, outcome, problem }) => {
    if (outcome === 'skipped') return [];
    const words = problem === undefined ? '' : `: ${printable(`${problem.detail} ${problem.remedy}`.trim())}`;
    const mark = outcome === 'failed' ? 'fail' : problem === undefined ? 'good' : 'warn';
    return [`  ${mark}  ${names[step]}${words}\n`];
  });
  if (buckets !== undefined) lines.push(`  ${bucketsLine(buckets.map(({ name }) => name))}\n`);
  return lines.join('');
}

export function isGood({ steps }: ConnectionTest): boolean {
  return steps.every(({ outcome }) => outcome !== 'failed');
}

const shown = 10;

function bucketsLine(names: readonly string[]): string {
  if (names.length === 0) return 'There are no buckets yet.';
  const more = names.length > shown ? ` and ${names.length - shown} more` : '';
  return `Buckets: ${names.slice(0, shown).map(printable).join(', ')}${more}`;
}
