/** One file per version, so that they run side by side. */
import { describe, expect, it } from 'vitest';
import { orReason } from '../lab/unavailable.ts';
import { CaseRun, type NfsVersion, caseFiles, caseName, framingCases, whyNot } from './cases.ts';

/** Milliseconds for a whole run: results come in as the cases end. */
const runTime = 1_800_000;

/** Declares a test for each case. */
export function describeVersion(version: NfsVersion): void {
  describe(`a real Linux client of NFS ${version}`, () => {
    const run = new CaseRun();
    let finished: ReturnType<typeof start> | undefined;
    const start = () => orReason(() => run.run(version));

    for (const name of [...framingCases.before, ...caseFiles().map(caseName), ...framingCases.after]) {
      const reason = whyNot(version, name);
      it.skipIf(reason !== undefined)(
        reason === undefined ? name : `${name} (not here: ${reason})`,
        async (context) => {
          finished ??= start();
          const result = await Promise.race([run.result(name), finished.then(() => run.result(name))]);
          if (!result.ok) {
            const outcome = await Promise.race([finished, Promise.resolve(undefined)]);
            if (outcome !== undefined && 'reason' in outcome) context.skip(outcome.reason);
          }
          expect(result.ok ? 'ok' : result.reason).toBe('ok');
        },
        runTime,
      );
    }

    it(
      'leaves nothing behind',
      async (context) => {
        finished ??= start();
        const outcome = await finished;
        if ('reason' in outcome) context.skip(outcome.reason);
      },
      runTime,
    );
  });
}
