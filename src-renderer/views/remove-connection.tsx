import { useState } from 'react';
import type { Connection } from '../../src-main/api/connections.ts';
import type { RouteInput } from '../../src-main/api/routes.ts';
import type { Windlass } from '../client/windlass.ts';
import { Dialog } from '../components/dialog.tsx';
import { TextField } from '../components/field.tsx';
import { ProblemBox } from '../components/problem-box.tsx';
import { formatBytes } from '../model/amounts.ts';
import { useAction } from '../model/use-action.ts';
import { texts } from '../texts.ts';

const words = texts.removal;
type Unsent = RouteInput<'removeConnection'>['body']['unsent'];
type Way = Exclude<Unsent['action'], 'refuse'>;
const ways: readonly Way[] = ['send', 'export', 'discard'];

/** Confirmed in words, and where there is something to lose, what becomes of it. */
export function RemoveConnection(props: {
  readonly windlass: Windlass;
  readonly connection: Connection;
  readonly onClose: () => void;
}) {
  const { windlass, connection, onClose } = props;
  const { name, unsentBytes } = connection;
  const [way, setWay] = useState<Way>('send');
  const [folder, setFolder] = useState('');
  const [confirm, setConfirm] = useState('');
  const { isRunning, problem, run } = useAction();
  const hasUnsent = unsentBytes > 0;
  const unsent: Unsent = !hasUnsent
    ? { action: 'refuse' }
    : way === 'send'
      ? { action: way }
      : way === 'export'
        ? { action: way, folder }
        : { action: way, confirm };
  const isComplete = !hasUnsent || way === 'send' || (way === 'export' ? folder.trim() !== '' : confirm === name);
  return (
    <Dialog title={words.title(name)} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run(() => windlass.removeConnection({ name, body: { unsent } })).then((isDone) => isDone && onClose());
        }}
      >
        {!hasUnsent ? (
          <p>{words.clean}</p>
        ) : (
          <fieldset>
            <legend>{words.dirty(formatBytes(unsentBytes))}</legend>
            {ways.map((one) => (
              <label key={one} className="check">
                <input type="radio" name="way" checked={way === one} onChange={() => setWay(one)} />
                {words[one]}
              </label>
            ))}
          </fieldset>
        )}
        {hasUnsent && way === 'export' && <TextField label={words.folder} value={folder} onChange={setFolder} />}
        {hasUnsent && way === 'discard' && (
          <TextField label={words.confirm(name)} value={confirm} onChange={setConfirm} />
        )}
        {problem !== undefined && <ProblemBox problem={problem} />}
        <footer>
          <button type="button" onClick={onClose}>
            {texts.cancel}
          </button>
          <button type="submit" className="danger solid" disabled={isRunning || !isComplete}>
            {isRunning ? words.running : words.submit}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
