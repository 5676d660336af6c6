import { useState } from 'react';
import type { Mount, MountState } from '../../src-main/api/mounts.ts';
import type { Windlass } from '../client/windlass.ts';
import { Badge, type Tone } from '../components/badge.tsx';
import { Confirm } from '../components/confirm.tsx';
import { Empty, Page } from '../components/page.tsx';
import { ProblemBox } from '../components/problem-box.tsx';
import { formatBytes } from '../model/amounts.ts';
import { useAction } from '../model/use-action.ts';
import { texts } from '../texts.ts';
import { DriveDialog } from './drive-dialog.tsx';
import type { ViewProps } from './main-window.tsx';

const words = texts.drives;

export function DrivesView({ windlass, state, reload }: ViewProps) {
  const [isAdding, setAdding] = useState(false);
  const canAdd = state.connections.length > 0;
  const add = canAdd ? (
    <button type="button" className="primary" onClick={() => setAdding(true)}>
      {words.add}
    </button>
  ) : undefined;
  return (
    <Page title={words.title} explanation={words.explanation} action={state.mounts.length === 0 ? undefined : add}>
      {state.mounts.length === 0 ? (
        <Empty title={words.none} hint={canAdd ? words.noneHint : words.needsConnection} action={add} />
      ) : (
        <ul className="cards">
          {state.mounts.map((mount) => (
            <DriveCard key={mount.id} mount={mount} windlass={windlass} reload={reload} />
          ))}
        </ul>
      )}
      {isAdding && (
        <DriveDialog
          windlass={windlass}
          connections={state.connections}
          connection={undefined}
          onClose={() => {
            setAdding(false);
            void reload();
          }}
        />
      )}
    </Page>
  );
}

const tones: Readonly<Record<MountState, Tone>> = {
  unmounted: 'quiet',
  mounting: 'busy',
  mounted: 'good',
  unmounting: 'busy',
  waiting: 'busy',
  failed: 'bad',
};

function DriveCard(props: {
  readonly mount: Mount;
  readonly windlass: Windlass;
  readonly reload: () => Promise<void>;
}) {
  const { mount, windlass, reload } = props;
  const { id, volumeName, mountPoint, state, problem, unsentBytes } = mount;
  const action = useAction();
  const [question, setQuestion] = useState<'remove' | 'force'>();
  const then = (work: () => Promise<unknown>): Promise<boolean> =>
    action.run(async () => {
      try {
        await work();
      } finally {
        await reload();
      }
    });
  const isThere = state === 'mounted' || state === 'waiting' || state === 'unmounting';
  const isBusy = action.problem?.code === 'busy' || action.problem?.code === 'in-use';
  return (
    <li className="card" aria-label={volumeName}>
      <div className="card-head">
        <h2>{volumeName}</h2>
        <span role="status">
          <Badge tone={tones[state]} text={words.states[state]} />
        </span>
      </div>
      <p className="path">
        {mount.connection} · {mount.bucket}/{mount.prefix}
      </p>
      <p className="muted">
        {[
          mountPoint,
          ...(unsentBytes > 0 ? [texts.connections.unsent(formatBytes(unsentBytes))] : []),
          ...(mount.endsWith === 'app' ? [words.endsWithApp] : []),
        ].join(' · ')}
      </p>
      {action.problem !== undefined ? (
        <ProblemBox problem={action.problem} />
      ) : (
        problem !== undefined && <ProblemBox problem={problem} isQuiet />
      )}
      <div className="actions">
        {isThere ? (
          <button
            type="button"
            disabled={action.isRunning}
            onClick={() => void then(() => windlass.unmountMount({ id, body: {} }))}
          >
            {words.unmount} <span className="hidden">{volumeName}</span>
          </button>
        ) : (
          <button
            type="button"
            className="primary"
            disabled={action.isRunning || state === 'mounting'}
            onClick={() => void then(() => windlass.mountMount({ id }))}
          >
            {words.mount} <span className="hidden">{volumeName}</span>
          </button>
        )}
        {isBusy && isThere && (
          <button type="button" className="danger" onClick={() => setQuestion('force')}>
            {words.force} <span className="hidden">{volumeName}</span>
          </button>
        )}
        <button type="button" className="danger" disabled={action.isRunning} onClick={() => setQuestion('remove')}>
          {words.remove} <span className="hidden">{volumeName}</span>
        </button>
      </div>
      <details>
        <summary>
          {words.settings} <span className="hidden">{volumeName}</span>
        </summary>
        <DriveFacts mount={mount} />
      </details>
      {question === 'remove' && (
        <Confirm
          title={words.removeTitle(volumeName)}
          text={words.removeText}
          submit={words.removeSubmit}
          onClose={() => setQuestion(undefined)}
          onConfirmed={() => void then(() => windlass.removeMount({ id, body: {} }))}
        />
      )}
      {question === 'force' && (
        <Confirm
          title={words.forceTitle(volumeName)}
          text={words.forceText}
          submit={words.force}
          onClose={() => setQuestion(undefined)}
          onConfirmed={() => void then(() => windlass.unmountMount({ id, body: { force: 'force' } }))}
        />
      )}
    </li>
  );
}

function DriveFacts({ mount }: { readonly mount: Mount }) {
  const { options } = mount;
  const yesNo = (value: boolean): string => (value ? words.yes : words.no);
  const facts: Readonly<Record<keyof typeof words.facts, string>> = {
    place: `${mount.bucket}/${mount.prefix}`,
    mountPoint: mount.mountPoint,
    readOnly: yesNo(options.readOnly),
    autoMount: yesNo(options.autoMount),
    metadataTtl: words.seconds(options.metadataTtl),
    metadata: texts.driveForm.metadatas[options.metadata],
    writeMode: texts.driveForm.writeModes[options.writeMode],
    asMine: yesNo(options.asMine),
    allowOther: yesNo(options.allowOther),
    quota: options.quota === undefined ? words.standard : formatBytes(options.quota),
    storageClass: options.storageClass ?? words.standard,
    encryption: texts.driveForm.encryptions[options.encryption?.algorithm ?? ''],
    requesterPays: yesNo(options.requesterPays),
  };
  return (
    <dl className="facts">
      {(Object.keys(facts) as (keyof typeof facts)[]).map((name) => (
        <div key={name}>
          <dt>{words.facts[name]}</dt>
          <dd>{facts[name]}</dd>
        </div>
      ))}
    </dl>
  );
}
