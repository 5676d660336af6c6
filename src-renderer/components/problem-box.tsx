import type { Problem } from '../../src-main/api/problem.ts';
import { texts } from '../texts.ts';

/** What is wrong and what to do about it; read out when it appears, unless it was there from the start (`isQuiet`). */
export function ProblemBox({ problem, isQuiet = false }: { readonly problem: Problem; readonly isQuiet?: boolean }) {
  return (
    <div className="problem" role={isQuiet ? undefined : 'alert'}>
      <p className="problem-title">{problem.title}</p>
      <p>{problem.detail}</p>
      <p>
        <strong>{texts.remedy}</strong> {problem.remedy}
      </p>
    </div>
  );
}
