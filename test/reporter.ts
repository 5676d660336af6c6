/** A Vitest reporter that writes what `npm test` sums up, as JSON, to the file that WINDLASS_TEST_SUMMARY names. */
import { writeFile } from 'node:fs/promises';
import type { Reporter, TestModule } from 'vitest/node';

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  /** Tests that this machine cannot run, and why: skipped by `context.skip(reason)`. */
  readonly leftOut: readonly { readonly test: string; readonly reason: string }[];
  /** Tests that say by themselves that they do not apply (`skipIf`), such as what a foreign server cannot do. */
  readonly notApplicable: readonly string[];
}

export default class SummaryReporter implements Reporter {
  async onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): Promise<void> {
    let passed = 0;
    let failed = unhandledErrors.length;
    const leftOut: { test: string; reason: string }[] = [];
    const notApplicable: string[] = [];
    for (const module of modules) {
      // Errors outside tests: a file that cannot be loaded, a hook that throws.
      const suites = [module, ...module.children.allSuites()];
      failed += suites.reduce((count, suite) => count + suite.errors().length, 0);
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') passed++;
        else if (result.state === 'failed') failed++;
        else {
          const name = `${module.relativeModuleId} > ${test.fullName}`;
          const note = result.state === 'skipped' ? result.note : undefined;
          if (note === undefined) notApplicable.push(name);
          else leftOut.push({ test: name, reason: note });
        }
      }
    }
    const summary: Summary = { passed, failed, leftOut, notApplicable };
    await writeFile(process.env['WINDLASS_TEST_SUMMARY'] ?? '/dev/null', JSON.stringify(summary));
  }
}
