import { useId, type InputHTMLAttributes, type ReactNode } from 'react';
import { texts } from '../texts.ts';

interface Common {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
}

export interface TextFieldProps extends Common {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly type?: InputHTMLAttributes<HTMLInputElement>['type'];
  readonly isOptional?: boolean;
  readonly isFixed?: boolean;
  readonly suggestions?: readonly string[] | undefined;
  readonly autoFocus?: boolean;
}

export function TextField(props: TextFieldProps) {
  const { label, hint, error, value, onChange, type = 'text', isOptional, isFixed, suggestions, autoFocus } = props;
  const id = useId();
  const note = error ?? hint;
  return (
    <div className="field">
      <label htmlFor={id}>
        {label} {isOptional === true && <span className="muted">({texts.optional})</span>}
      </label>
      <input
        id={id}
        type={type}
        value={value}
        readOnly={isFixed}
        autoFocus={autoFocus}
        data-autofocus={autoFocus}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        aria-invalid={error !== undefined}
        aria-describedby={note === undefined ? undefined : `${id}-note`}
        list={suggestions === undefined ? undefined : `${id}-list`}
        onChange={(event) => onChange(event.target.value)}
      />
      {suggestions !== undefined && (
        <datalist id={`${id}-list`}>
          {suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      <Note id={id} error={error} hint={hint} />
    </div>
  );
}

export interface SelectFieldProps<V extends string> extends Common {
  readonly value: V;
  readonly options: Readonly<Record<V, string>>;
  readonly onChange: (value: V) => void;
}

export function SelectField<V extends string>({ label, hint, error, value, options, onChange }: SelectFieldProps<V>) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value as V)}>
        {(Object.entries(options) as [V, string][]).map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
      <Note id={id} error={error} hint={hint} />
    </div>
  );
}

export function CheckField(props: {
  readonly label: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
}) {
  return (
    <label className="check">
      <input type="checkbox" checked={props.value} onChange={(event) => props.onChange(event.target.checked)} />
      {props.label}
    </label>
  );
}

function Note({ id, error, hint }: { readonly id: string; readonly error: ReactNode; readonly hint: ReactNode }) {
  const note = error ?? hint;
  if (note === undefined) return null;
  return (
    <p id={`${id}-note`} className={error === undefined ? 'hint' : 'error'}>
      {note}
    </p>
  );
}
