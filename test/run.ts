/**
 * `npm test`: everything that this machine can run, in the order in which failures are cheapest to find. Its last line
 * is `N passed, N failed`. With names of steps as arguments: these alone.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages, testPurposes } from './lab/install.ts';
import { onContinuousIntegration } from './lab/machine.ts';
import type { Summary } from './reporter.ts';

const top = fileURLToPath(new URL('..', import.meta.url));
const program = (name: string): string => join(top, 'node_modules', name);

interface Step {
  readonly name: string;
  /** Of Node. */
  readonly args: readonly string[];
  /** Whether it reports its tests; others count as one. */
  readonly summarizes: boolean;
}

const check = (name: string, ...args: readonly string[]): Step => ({ name, args, summarizes: false });

const tests = (project: string, ...options: readonly string[]): Step => ({
  name: project,
  args: [
    ...[program('vitest/vitest.mjs'), 'run', '--project', project, '--passWithNoTests', ...options],
    ...['--reporter', 'default', '--reporter', fileURLToPath(new URL('reporter.ts', import.meta.url))],
  ],
  summarizes: true,
});

const steps: readonly Step[] = [
  check('format', program('prettier/bin/prettier.cjs'), '--check', '.'),
  check('types', program('typescript/bin/tsc'), '--noEmit'),
  check('window types', program('typescript/bin/tsc'), '--noEmit', '-p', 'src-renderer'),
  check('lint', program('eslint/bin/eslint.js'), '.'),
  tests('unit'),
  tests('s3'),
  tests('whole'),
  tests('desktop'),
  // They mostly wait: for uploads to settle, for what others do to be seen.
  tests('kernel', '--maxWorkers', '4'),
  tests('chaos', '--maxWorkers', '3'),
];

/** For everything temporary, so that it goes whatever becomes of the tests. */
const temporary = mkdtempSync(join(tmpdir(), 'windlass-test-'));

/** Process groups that run: each step and whatever it has started. */
const groups = new Set<number>();

function killGroups(): void {
  for (const group of groups) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    killGroups();
    process.exit(1);
  });
}
process.on('exit', () => {
  killGroups();
  rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
});

async function run(step: Step): Promise<Summary> {
  console.log(`\n== ${step.name}`);
  const file = join(temporary, `${step.name}.json`);
  const child = spawn(process.execPath, step.args, {
    cwd: top,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      TMPDIR: temporary,
      WINDLASS_TEST_SUMMARY: file,
      ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }),
    },
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  if (child.pid !== undefined) groups.add(child.pid);
  const [status] = await exited;
  killGroups();
  groups.clear();
  const failure: Summary = { passed: 0, failed: 1, leftOut: [], notApplicable: [] };
  if (!step.summarizes) return status === 0 ? { ...failure, passed: 1, failed: 0 } : failure;
  try {
    const summary = JSON.parse(await readFile(file, 'utf8')) as Summary;
    return status === 0 || summary.failed > 0 ? summary : { ...summary, failed: 1 };
  } catch (error) {
    console.error(`${step.name} ended with status ${String(status)} and no summary: ${String(error)}`);
    return failure;
  }
}

/** Reasons, each with how many tests it kept from running. */
function reasons(leftOut: Summary['leftOut']): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { reason } of leftOut) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}

async function main(wanted: readonly string[]): Promise<number> {
  const unknown = wanted.find((name) => !steps.some((step) => step.name === name));
  if (unknown !== undefined) {
    console.error(`There is no step ${unknown}; there are ${steps.map(({ name }) => name).join(', ')}.`);
    return 2;
  }
  await installPackages(testPurposes);
  const results: { readonly step: Step; readonly summary: Summary }[] = [];
  for (const step of steps) {
    if (wanted.length === 0 || wanted.includes(step.name)) results.push({ step, summary: await run(step) });
  }

  console.log('\n== all');
  let passed = 0;
  let failed = 0;
  for (const { step, summary } of results) {
    const left = summary.leftOut.length === 0 ? '' : `, ${summary.leftOut.length} left out`;
    console.log(`${step.name}: ${summary.passed} passed, ${summary.failed} failed${left}`);
    passed += summary.passed;
    failed += summary.failed;
  }
  const notApplicable = results.flatMap(({ summary }) => summary.notApplicable);
  if (notApplicable.length > 0) console.log('\nNot applicable by the tests themselves:');
  for (const name of notApplicable) console.log(`- ${name}`);
  const leftOut = results.flatMap(({ summary }) => summary.leftOut);
  if (leftOut.length > 0) {
    console.log(onContinuousIntegration ? '\nLeft out, which counts as failed here:' : '\nLeft out on this machine:');
    for (const [reason, count] of reasons(leftOut)) console.log(`- ${count} tests: ${reason}`);
    if (onContinuousIntegration) failed += leftOut.length;
  }
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
