/** The form of a new drive: keeps it and mounts it. */
import { useState } from 'react';
import type { Connection } from '../../src-main/api/connections.ts';
import type { Windlass } from '../client/windlass.ts';
import { CheckField, SelectField, TextField } from '../components/field.tsx';
import { ProblemBox } from '../components/problem-box.tsx';
import { emptyDrive, readDrive, type DriveErrors, type DriveForm } from '../model/drive-form.ts';
import { useAction } from '../model/use-action.ts';
import { texts } from '../texts.ts';

const words = texts.driveForm;
type TextName = { [F in keyof DriveForm]: string extends DriveForm[F] ? F : never }[keyof DriveForm];
type CheckName = { [F in keyof DriveForm]: DriveForm[F] extends boolean ? F : never }[keyof DriveForm];
const checks: readonly CheckName[] = ['readOnly', 'autoMount', 'asMine', 'allowOther', 'requesterPays'];

export function DriveFields(props: {
  readonly windlass: Windlass;
  readonly connections: readonly Connection[];
  readonly connection: string | undefined;
  /** Where they are known already. */
  readonly buckets?: readonly string[] | undefined;
  readonly onClose: () => void;
}) {
  const { windlass, connections, onClose } = props;
  const [form, setForm] = useState<DriveForm>(() => {
    const connection = props.connection ?? connections[0]?.name ?? '';
    const only = props.buckets?.length === 1 ? props.buckets[0] : undefined;
    return { ...emptyDrive, connection, bucket: only ?? '' };
  });
  const [errors, setErrors] = useState<DriveErrors>({});
  const [buckets, setBuckets] = useState(props.buckets);
  /** Kept already, and not mounted. */
  const [kept, setKept] = useState<string>();
  const listing = useAction();
  const adding = useAction();
  const change = (changes: Partial<DriveForm>): void => setForm((before) => ({ ...before, ...changes }));
  const text = (name: TextName) => ({
    value: form[name],
    error: errors[name],
    onChange: (value: string) => change({ [name]: value }),
  });
  const list = (): void => {
    void listing.run(async () => {
      const found = await windlass.listBuckets({ name: form.connection });
      setBuckets(found.map(({ name }) => name));
    });
  };
  const submit = async (): Promise<void> => {
    const read = readDrive(form);
    setErrors('errors' in read ? read.errors : {});
    if ('errors' in read) return;
    const isDone = await adding.run(async () => {
      let id = kept;
      if (id === undefined) {
        ({ id } = await windlass.addMount({ body: read.drive }));
        setKept(id);
      }
      await windlass.mountMount({ id });
    });
    if (isDone) onClose();
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {/* Once it is kept, its settings are what they are. */}
      <fieldset className="bare" disabled={kept !== undefined}>
        {props.connection === undefined && (
          <SelectField
            label={words.connection}
            value={form.connection}
            error={errors.connection}
            options={Object.fromEntries(connections.map(({ name }) => [name, name]))}
            onChange={(connection) => {
              change({ connection });
              setBuckets(undefined);
            }}
          />
        )}
        <div className="beside">
          <TextField label={words.bucket} suggestions={buckets} autoFocus {...text('bucket')} />
          {buckets === undefined && (
            <button type="button" disabled={listing.isRunning} onClick={list}>
              {listing.isRunning ? words.looking : words.look}
            </button>
          )}
        </div>
        {buckets !== undefined && buckets.length > 0 && (
          <div className="choices" role="group" aria-label={words.found}>
            {buckets.slice(0, 12).map((name) => (
              <button
                key={name}
                type="button"
                className="choice"
                aria-pressed={form.bucket === name}
                onClick={() => change({ bucket: name })}
              >
                {name}
              </button>
            ))}
          </div>
        )}
        {listing.problem !== undefined && <ProblemBox problem={listing.problem} />}
        <div className="columns">
          <TextField label={words.prefix} hint={words.prefixHint} isOptional {...text('prefix')} />
          <TextField label={words.volumeName} hint={words.volumeNameHint} isOptional {...text('volumeName')} />
        </div>
        <TextField label={words.mountPoint} hint={words.mountPointHint} isOptional {...text('mountPoint')} />
        {checks.map((name) => (
          <CheckField
            key={name}
            label={words[name]}
            value={form[name]}
            onChange={(value) => change({ [name]: value })}
          />
        ))}
        <details>
          <summary>{words.more}</summary>
          <TextField label={words.metadataTtl} {...text('metadataTtl')} />
          <SelectField
            label={words.metadata}
            value={form.metadata}
            options={words.metadatas}
            onChange={(metadata) => change({ metadata })}
          />
          <SelectField
            label={words.writeMode}
            value={form.writeMode}
            options={words.writeModes}
            onChange={(writeMode) => change({ writeMode })}
          />
          <TextField label={words.quota} isOptional {...text('quota')} />
          <TextField label={words.storageClass} isOptional {...text('storageClass')} />
          <SelectField
            label={words.encryption}
            value={form.encryption}
            options={words.encryptions}
            onChange={(encryption) => change({ encryption })}
          />
          {form.encryption.startsWith('aws:kms') && <TextField label={words.keyId} isOptional {...text('keyId')} />}
        </details>
      </fieldset>
      {adding.problem !== undefined && (
        <>
          {kept !== undefined && <p>{words.kept}</p>}
          <ProblemBox problem={adding.problem} />
        </>
      )}
      <footer>
        <button type="button" onClick={onClose}>
          {kept === undefined ? texts.cancel : texts.close}
        </button>
        <button type="submit" className="primary" disabled={adding.isRunning}>
          {adding.isRunning ? words.running : kept === undefined ? words.submit : texts.drives.mount}
        </button>
      </footer>
    </form>
  );
}
