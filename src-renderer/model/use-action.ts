/** One thing that the user asked for: whether it still runs, and why it failed. */
import { useCallback, useState } from 'react';
import { ProblemError, type Problem } from '../../src-main/api/problem.ts';
import { texts } from '../texts.ts';

export interface Action {
  readonly isRunning: boolean;
  readonly problem: Problem | undefined;
  /** @returns whether it succeeded */
  readonly run: (work: () => Promise<unknown>) => Promise<boolean>;
  readonly clear: () => void;
}

export function useAction(): Action {
  const [isRunning, setRunning] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const run = useCallback(async (work: () => Promise<unknown>) => {
    setRunning(true);
    setProblem(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      setProblem(problemOf(error));
      return false;
    } finally {
      setRunning(false);
    }
  }, []);
  const clear = useCallback(() => setProblem(undefined), []);
  return { isRunning, problem, run, clear };
}

function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const { detail, remedy } = texts.problems.unexpected;
  return ProblemError.of('unexpected', detail, remedy, { cause: error }).problem;
}
