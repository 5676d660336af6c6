/** The fields of a connection, as its service calls them. */
import { presets } from '../../src-main/api/presets.ts';
import { SelectField, TextField } from '../components/field.tsx';
import type { ConnectionForm, FormErrors, FormField } from '../model/connection-form.ts';
import { texts } from '../texts.ts';

const words = texts.assistant;

export function ConnectionFields(props: {
  readonly form: ConnectionForm;
  readonly errors: FormErrors;
  /** Its name stays. */
  readonly isKept: boolean;
  readonly hasKeys: boolean;
  readonly onChange: (changes: Partial<ConnectionForm>) => void;
}) {
  const { form, errors, isKept, hasKeys, onChange } = props;
  const { fields, endpoint } = presets[form.preset];
  const text = (name: FormField) => ({
    value: form[name],
    error: errors[name],
    onChange: (value: string) => onChange({ [name]: value }),
  });
  // An address that was made of region and account is shown as what it is once it is kept.
  const showsEndpoint = fields.endpoint !== undefined || (isKept && endpoint !== undefined);
  const typesKeys = form.signIn === 'keychain' || form.signIn === 'session';
  return (
    <>
      <TextField label={words.name} hint={words.nameHint} isFixed={isKept} autoFocus={!isKept} {...text('name')} />
      {form.preset === 'folder' && <TextField label={words.folder} {...text('folder')} />}
      {showsEndpoint && (
        <TextField label={fields.endpoint ?? words.endpoint} type="url" autoFocus={isKept} {...text('endpoint')} />
      )}
      {fields.account !== undefined && !isKept && <TextField label={fields.account} {...text('account')} />}
      {fields.region !== undefined && (
        <TextField label={fields.region} isOptional={form.preset === 'custom'} {...text('region')} />
      )}
      {form.preset !== 'folder' && (
        <>
          <SelectField
            label={words.signIn}
            value={form.signIn}
            options={words.signIns}
            onChange={(signIn) => onChange({ signIn })}
          />
          {form.signIn === 'profile' && <TextField label={words.profile} {...text('profile')} />}
          {form.signIn === 'file' && <TextField label={words.file} {...text('file')} />}
          {typesKeys && (
            <>
              {hasKeys && <p className="hint">{words.stored}</p>}
              <TextField label={words.accessKeyId} {...text('accessKeyId')} />
              <TextField label={words.secretAccessKey} type="password" {...text('secretAccessKey')} />
              <TextField label={words.sessionToken} type="password" isOptional {...text('sessionToken')} />
            </>
          )}
          <details>
            <summary>{words.more}</summary>
            <TextField label={words.buckets} hint={words.bucketsHint} isOptional {...text('buckets')} />
            <TextField label={words.caBundle} isOptional {...text('caBundle')} />
            <TextField label={words.proxy} isOptional {...text('proxy')} />
          </details>
        </>
      )}
    </>
  );
}
