import type { ConnectionTest } from '../../src-main/api/connections.ts';
import { ProblemBox } from '../components/problem-box.tsx';
import { texts } from '../texts.ts';

const words = texts.assistant;
const marks = { good: '✓', failed: '✗', skipped: '–' } as const;

/** Each step of a test, and under one that failed why and what to do. */
export function TestResults({ result }: { readonly result: ConnectionTest }) {
  const isGood = result.steps.every(({ outcome }) => outcome !== 'failed');
  return (
    <>
      <p role="status" className="verdict">
        {isGood ? words.good : words.failed}
      </p>
      <ul className="results" aria-label={words.results}>
        {result.steps.map(({ step, outcome, problem }, index) => (
          // Their order is fixed, and one step may be there for several buckets.
          <li key={index} className={outcome}>
            <span className="mark" aria-hidden="true">
              {marks[outcome]}
            </span>
            <span>
              {words.resultsOf[step]}
              <span className={outcome === 'good' ? 'hidden' : 'muted'}> ({words.outcomes[outcome]})</span>
            </span>
            {problem !== undefined && <ProblemBox problem={problem} isQuiet={outcome === 'good'} />}
          </li>
        ))}
      </ul>
    </>
  );
}
