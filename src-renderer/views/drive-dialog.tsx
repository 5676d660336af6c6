import type { Connection } from '../../src-main/api/connections.ts';
import type { Windlass } from '../client/windlass.ts';
import { Dialog } from '../components/dialog.tsx';
import { texts } from '../texts.ts';
import { DriveFields } from './drive-fields.tsx';

export function DriveDialog(props: {
  readonly windlass: Windlass;
  readonly connections: readonly Connection[];
  /** undefined: to be chosen. */
  readonly connection: string | undefined;
  readonly onClose: () => void;
}) {
  return (
    <Dialog title={texts.driveForm.title} onClose={props.onClose}>
      <DriveFields {...props} />
    </Dialog>
  );
}
