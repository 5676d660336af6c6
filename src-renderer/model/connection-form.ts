/** What is typed into the form of a connection, and what it means. Pure. */
import { newConnection, type Connection, type NewConnection, type Preset } from '../../src-main/api/connections.ts';
import { MissingField, presetEndpoint, presets } from '../../src-main/api/presets.ts';
import { texts } from '../texts.ts';

export type SignInKind = 'keychain' | 'session' | 'profile' | 'file' | 'chain';

export interface ConnectionForm {
  readonly preset: Preset;
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
  readonly account: string;
  readonly folder: string;
  readonly signIn: SignInKind;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly profile: string;
  readonly file: string;
  /** Names, apart by commas or spaces. */
  readonly buckets: string;
  readonly caBundle: string;
  readonly proxy: string;
}

export type FormField = Exclude<keyof ConnectionForm, 'preset' | 'signIn'>;
export type FormErrors = Readonly<Partial<Record<FormField, string>>>;

export const emptyForm: ConnectionForm = {
  preset: 'aws',
  name: '',
  endpoint: '',
  region: '',
  account: '',
  folder: '',
  signIn: 'keychain',
  accessKeyId: '',
  secretAccessKey: '',
  sessionToken: '',
  profile: '',
  file: '',
  buckets: '',
  caBundle: '',
  proxy: '',
};

/** The form of a connection that is there; its keys are not known here. */
export function formOf(connection: Connection): ConnectionForm {
  const { secret } = connection;
  return {
    ...emptyForm,
    preset: connection.preset,
    name: connection.name,
    endpoint: connection.endpoint ?? '',
    region: connection.region ?? '',
    folder: connection.folder ?? '',
    signIn: secret.kind === 'none' ? 'keychain' : secret.kind,
    profile: secret.kind === 'profile' ? secret.profile : '',
    file: secret.kind === 'file' ? secret.path : '',
    buckets: connection.buckets.join(' '),
    caBundle: connection.caBundle ?? '',
    proxy: connection.proxy ?? '',
  };
}

/** @param hasKeys keys are stored already: none have to be typed */
export function readForm(
  form: ConnectionForm,
  hasKeys: boolean,
): { readonly connection: NewConnection } | { readonly errors: FormErrors } {
  const typesKeys = form.preset !== 'folder' && (form.signIn === 'keychain' || form.signIn === 'session');
  const givesKeys = form.accessKeyId !== '' || form.secretAccessKey !== '';
  const errors: { [F in FormField]?: string } = {};
  const need = (field: FormField): void => {
    if (form[field].trim() === '') errors[field] = texts.assistant.needed;
  };
  need('name');
  if (form.preset === 'folder') need('folder');
  const { fields, region } = presets[form.preset];
  let endpoint = given(form.endpoint);
  if (fields.endpoint !== undefined) need('endpoint');
  else if (endpoint === undefined) {
    try {
      endpoint = presetEndpoint(form.preset, { ...withRegion(form), ...withAccount(form) });
    } catch (error) {
      if (!(error instanceof MissingField)) throw error;
      errors[error.field] = texts.assistant.needed;
    }
  }
  if (form.preset === 'aws') need('region');
  if (typesKeys && (givesKeys || !hasKeys)) {
    need('accessKeyId');
    need('secretAccessKey');
  }
  if (form.preset !== 'folder' && form.signIn === 'profile') need('profile');
  if (form.preset !== 'folder' && form.signIn === 'file') need('file');
  if (Object.keys(errors).length > 0) return { errors };
  const parsed = newConnection.safeParse({
    name: form.name.trim(),
    preset: form.preset,
    endpoint,
    region: given(form.region) ?? region,
    folder: form.preset === 'folder' ? given(form.folder) : undefined,
    secret: secretOf(form),
    buckets: form.buckets.split(/[\s,]+/).filter((name) => name !== ''),
    caBundle: given(form.caBundle),
    proxy: given(form.proxy),
    ...(typesKeys &&
      givesKeys && {
        keys: {
          accessKeyId: form.accessKeyId.trim(),
          secretAccessKey: form.secretAccessKey.trim(),
          sessionToken: given(form.sessionToken),
        },
      }),
  });
  if (parsed.success) return { connection: parsed.data };
  const told: { [F in FormField]?: string } = {};
  for (const { path, message } of parsed.error.issues) {
    const field = path.findLast((part) => typeof part === 'string' && part in form);
    told[(field ?? 'name') as FormField] = texts.assistant.wrong(message);
  }
  return { errors: told };
}

const given = (text: string): string | undefined => (text.trim() === '' ? undefined : text.trim());
const withRegion = (form: ConnectionForm) => (form.region.trim() === '' ? {} : { region: form.region.trim() });
const withAccount = (form: ConnectionForm) => (form.account.trim() === '' ? {} : { account: form.account.trim() });

function secretOf(form: ConnectionForm): NewConnection['secret'] {
  if (form.preset === 'folder') return { kind: 'none' };
  switch (form.signIn) {
    case 'profile':
      return { kind: 'profile', profile: form.profile.trim() };
    case 'file':
      return { kind: 'file', path: form.file.trim() };
    default:
      return { kind: form.signIn };
  }
}
