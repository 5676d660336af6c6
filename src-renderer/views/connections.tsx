import { useState } from 'react';
import type { Connection } from '../../src-main/api/connections.ts';
import { presets } from '../../src-main/api/presets.ts';
import { Badge, type Tone } from '../components/badge.tsx';
import { Empty, Page } from '../components/page.tsx';
import { ProblemBox } from '../components/problem-box.tsx';
import { formatBytes } from '../model/amounts.ts';
import { useAction } from '../model/use-action.ts';
import { texts } from '../texts.ts';
import { Assistant } from './assistant.tsx';
import { DriveDialog } from './drive-dialog.tsx';
import type { ViewProps } from './main-window.tsx';
import { RemoveConnection } from './remove-connection.tsx';

const words = texts.connections;

type Open =
  | { readonly dialog: 'assistant'; readonly connection?: Connection }
  | { readonly dialog: 'drive' | 'remove'; readonly connection: Connection };

export function ConnectionsView({ windlass, state, reload }: ViewProps) {
  const [open, setOpen] = useState<Open>();
  const close = (): void => {
    setOpen(undefined);
    void reload();
  };
  const add = (
    <button type="button" className="primary" onClick={() => setOpen({ dialog: 'assistant' })}>
      {words.add}
    </button>
  );
  return (
    <Page title={words.title} explanation={words.explanation} action={state.connections.length === 0 ? undefined : add}>
      {state.connections.length === 0 ? (
        <Empty title={words.none} hint={words.noneHint} action={add} />
      ) : (
        <ul className="cards">
          {state.connections.map((connection) => (
            <ConnectionCard
              key={connection.name}
              connection={connection}
              drives={state.mounts.filter((mount) => mount.connection === connection.name).length}
              onTest={async () => {
                await windlass.testConnection({ name: connection.name });
                await reload();
              }}
              onOpen={(dialog) => setOpen({ dialog, connection })}
            />
          ))}
        </ul>
      )}
      {open?.dialog === 'assistant' && (
        <Assistant windlass={windlass} connection={open.connection} connections={state.connections} onClose={close} />
      )}
      {open?.dialog === 'drive' && (
        <DriveDialog
          windlass={windlass}
          connections={state.connections}
          connection={open.connection.name}
          onClose={close}
        />
      )}
      {open?.dialog === 'remove' && (
        <RemoveConnection windlass={windlass} connection={open.connection} onClose={close} />
      )}
    </Page>
  );
}

const tones: Readonly<Record<Connection['state'], Tone>> = {
  unknown: 'quiet',
  ready: 'good',
  'waiting-for-keychain': 'busy',
  failed: 'bad',
};

function ConnectionCard(props: {
  readonly connection: Connection;
  readonly drives: number;
  readonly onTest: () => Promise<void>;
  readonly onOpen: (dialog: Open['dialog']) => void;
}) {
  const { connection, drives, onTest, onOpen } = props;
  const { name, preset, endpoint, folder, region, state, problem, unsentBytes } = connection;
  const needsKeys = connection.secret.kind === 'keychain' || connection.secret.kind === 'session';
  const test = useAction();
  const place = [presets[preset].title, folder ?? endpoint ?? region].filter((text) => text !== undefined);
  const facts = [
    words.drives(drives),
    ...(unsentBytes > 0 ? [words.unsent(formatBytes(unsentBytes))] : []),
    ...(needsKeys && !connection.hasKeys ? [words.noKeys] : []),
  ];
  return (
    <li className="card" aria-label={name}>
      <div className="card-head">
        <h2>{name}</h2>
        <span role="status">
          {test.isRunning ? (
            <Badge tone="busy" text={words.testing} />
          ) : (
            <Badge tone={tones[state]} text={words.states[state]} />
          )}
        </span>
      </div>
      <p className="path">{place.join(' · ')}</p>
      <p className="muted">{facts.join(' · ')}</p>
      {problem !== undefined && <ProblemBox problem={problem} isQuiet />}
      {test.problem !== undefined && <ProblemBox problem={test.problem} />}
      <div className="actions">
        <button type="button" disabled={test.isRunning} onClick={() => void test.run(onTest)}>
          {words.test} <span className="hidden">{name}</span>
        </button>
        <button type="button" onClick={() => onOpen('assistant')}>
          {words.change} <span className="hidden">{name}</span>
        </button>
        <button type="button" onClick={() => onOpen('drive')}>
          {words.newDrive} <span className="hidden">{name}</span>
        </button>
        <button type="button" className="danger" onClick={() => onOpen('remove')}>
          {words.remove} <span className="hidden">{name}</span>
        </button>
      </div>
    </li>
  );
}
