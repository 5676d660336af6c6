import { texts } from '../texts.ts';
import { Dialog } from './dialog.tsx';

/** A question before something that cannot be taken back; the button says what happens. */
export function Confirm(props: {
  readonly title: string;
  readonly text: string;
  readonly submit: string;
  readonly onClose: () => void;
  readonly onConfirmed: () => void;
}) {
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p>{props.text}</p>
      <footer>
        <button type="button" onClick={props.onClose}>
          {texts.cancel}
        </button>
        <button
          type="button"
          className="danger solid"
          onClick={() => {
            props.onClose();
            props.onConfirmed();
          }}
        >
          {props.submit}
        </button>
      </footer>
    </Dialog>
  );
}
