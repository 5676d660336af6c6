import fc from 'fast-check';
import { describe, it } from 'vitest';
import { perform, runs } from './testing/model-run.ts';

/** The full form: `MODEL_RUNS=2000 MODEL_LENGTH=120 MODEL_SEED=1 npx vitest run gateway/filesystem/model.property.test.ts`. */
const environment = process.env;
const numRuns = Number(environment['MODEL_RUNS'] ?? 15);
const length = Number(environment['MODEL_LENGTH'] ?? 60);
const seed = Number(environment['MODEL_SEED'] ?? 20260731);
const timeout = 60_000 + numRuns * 20_000;

describe('A tree of files over a store', () => {
  const parameters = { numRuns, seed, interruptAfterTimeLimit: Number(environment['MODEL_SECONDS'] ?? 8) * 1000 };

  it(
    'is what POSIX says, over uploads, crashes and the changes of others',
    () =>
      fc.assert(
        fc.asyncProperty(runs(length), (run) => perform(run, 0)),
        parameters,
      ),
    timeout,
  );

  it(
    'loses and doubles nothing when requests fail or their answers get lost',
    () =>
      fc.assert(
        fc.asyncProperty(runs(length), (run) => perform(run, 0.1)),
        parameters,
      ),
    timeout,
  );
});
