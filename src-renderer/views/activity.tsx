import type { Transfer } from '../../src-main/api/transfers.ts';
import { Badge, type Tone } from '../components/badge.tsx';
import { Page } from '../components/page.tsx';
import { ProblemBox } from '../components/problem-box.tsx';
import { VirtualList } from '../components/virtual-list.tsx';
import { formatBytes, formatSeconds, remaining } from '../model/amounts.ts';
import { useAction } from '../model/use-action.ts';
import { texts } from '../texts.ts';
import type { ViewProps } from './main-window.tsx';

const words = texts.activity;

export function ActivityView({ windlass, state: { transfers }, reload }: ViewProps) {
  const pausing = useAction();
  const flushing = useAction();
  const { bytes, seconds } = remaining(transfers);
  const failed = transfers.transfers.filter(({ state }) => state === 'failed').length;
  const togglePause = (): void => {
    void pausing.run(async () => {
      await (transfers.isPaused ? windlass.resume({}) : windlass.pause({}));
      await reload();
    });
  };
  const flush = (): void => {
    void flushing.run(async () => {
      await windlass.flush({ body: {} });
      await reload();
    });
  };
  return (
    <Page title={words.title} explanation={words.explanation}>
      <section className="card summary" aria-label={words.title}>
        <p role="status">
          {failed > 0 && <Badge tone="bad" text={words.trouble(failed)} />}
          {transfers.isPaused ? (
            <Badge tone="busy" text={words.paused} />
          ) : transfers.transfers.length > failed ? (
            <Badge tone="busy" text={words.sending} />
          ) : (
            failed === 0 && <Badge tone="good" text={words.idle} />
          )}
        </p>
        <dl>
          <Fact name={words.rate} value={words.perSecond(formatBytes(transfers.rate))} />
          <Fact name={words.left} value={formatBytes(bytes)} />
          <Fact name={words.time} value={seconds === undefined ? words.unknown : formatSeconds(seconds)} />
        </dl>
        <div className="actions">
          <button type="button" disabled={pausing.isRunning} onClick={togglePause}>
            {transfers.isPaused ? words.resume : words.pause}
          </button>
          <button type="button" disabled={flushing.isRunning} onClick={flush} title={words.flushHint}>
            {flushing.isRunning ? words.flushing : words.flush}
          </button>
        </div>
      </section>
      {pausing.problem !== undefined && <ProblemBox problem={pausing.problem} />}
      {flushing.problem !== undefined && <ProblemBox problem={flushing.problem} />}
      <h2>{words.transfers}</h2>
      {transfers.transfers.length === 0 ? (
        <p className="muted">{words.none}</p>
      ) : (
        <div className="transfers">
          <VirtualList label={words.transfers} items={transfers.transfers} rowHeight={74} keyOf={({ id }) => id}>
            {(transfer) => <TransferRow transfer={transfer} />}
          </VirtualList>
        </div>
      )}
      <Requests requests={transfers.requests} />
    </Page>
  );
}

const tones: Readonly<Record<Transfer['state'], Tone>> = { waiting: 'quiet', running: 'busy', failed: 'bad' };

function TransferRow({ transfer }: { readonly transfer: Transfer }) {
  const { path, kind, state, size, sent, nextTry, problem } = transfer;
  const why = problem === undefined ? undefined : `${problem.detail} ${problem.remedy}`;
  const again = nextTry === undefined ? undefined : words.nextTry(new Date(nextTry).toLocaleTimeString());
  return (
    <div className="transfer">
      <span className="path" title={path}>
        {path}
      </span>
      <Badge tone={tones[state]} text={`${words.kinds[kind]} · ${words.states[state]}`} />
      {kind === 'upload' && state !== 'failed' && (
        <>
          <progress aria-label={words.progress(path)} max={Math.max(size, 1)} value={sent} />
          <span className="muted number">{words.sizes(formatBytes(sent), formatBytes(size))}</span>
        </>
      )}
      {why !== undefined && (
        <span className="why" title={why}>
          {[why, again].filter((text) => text !== undefined).join(' · ')}
        </span>
      )}
    </div>
  );
}

function Requests({ requests }: { readonly requests: Readonly<Record<string, number>> }) {
  const counted = Object.entries(requests).toSorted(([, a], [, b]) => b - a);
  return (
    <>
      <h2>{words.requests}</h2>
      {counted.length === 0 ? (
        <p className="muted">{words.noRequests}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{words.request}</th>
              <th scope="col" className="number">
                {words.count}
              </th>
            </tr>
          </thead>
          <tbody>
            {counted.map(([name, count]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className="number">{count.toLocaleString()}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
