/** The user's connections: kept in one file without secrets, with their keys where each says. */
import path from 'node:path';
import { z } from 'zod';
import { connectionSettings, type ConnectionSettings, type Keys, type NewConnection } from '../api/connections.ts';
import { ProblemError } from '../api/problem.ts';
import { SettingsFile } from '../settings-file.ts';
import { readCredentialsFile } from './credentials-file.ts';
import { MissingField, presetEndpoint, presets } from '../api/presets.ts';
import { SecretError, type SecretStore } from './secrets.ts';

const contents = z.object({ connections: z.array(connectionSettings) });

/** How a gateway signs in: by keys, by a profile of AWS's, or by whatever the SDK's chain finds. */
export type SignIn = { readonly keys: Keys } | { readonly profile: string } | { readonly chain: true };

export interface ConnectionsParts {
  /** The folder of configuration. */
  readonly folder: string;
  readonly keychain: SecretStore;
  readonly session: SecretStore;
}

export class Connections {
  readonly #file: SettingsFile<typeof contents>;
  readonly #parts: ConnectionsParts;
  readonly #byName = new Map<string, ConnectionSettings>();

  private constructor(parts: ConnectionsParts) {
    this.#parts = parts;
    this.#file = new SettingsFile(path.join(parts.folder, 'connections.json'), contents, { connections: [] });
  }

  /** @throws SettingsFileError */
  static async open(parts: ConnectionsParts): Promise<Connections> {
    const opened = new Connections(parts);
    for (const one of (await opened.#file.read()).connections) opened.#byName.set(one.name, one);
    return opened;
  }

  all(): readonly ConnectionSettings[] {
    return [...this.#byName.values()];
  }

  get(name: string): ConnectionSettings | undefined {
    return this.#byName.get(name);
  }

  /** @throws ProblemError not-found */
  require(name: string): ConnectionSettings {
    const found = this.#byName.get(name);
    if (found === undefined) {
      throw ProblemError.of(
        'not-found',
        `There is no connection ${JSON.stringify(name)}.`,
        'windlass connection list shows those that there are.',
      );
    }
    return found;
  }

  /** Its keys are stored first, so that no connection is without. @throws ProblemError */
  async add({ keys, ...settings }: NewConnection): Promise<ConnectionSettings> {
    if (this.#byName.has(settings.name)) {
      throw ProblemError.of('exists', `There is a connection ${settings.name} already.`, 'Choose another name.', {
        field: 'name',
      });
    }
    const completed = complete(settings);
    await this.#store(completed, keys);
    await this.#keep(completed);
    return completed;
  }

  /** @throws ProblemError */
  async change(name: string, { keys, ...changes }: Partial<Omit<NewConnection, 'name'>>): Promise<ConnectionSettings> {
    const changed = complete({ ...this.require(name), ...changes, name });
    await this.#store(changed, keys);
    await this.#keep(changed);
    return changed;
  }

  /** The connection and its stored keys are gone when it resolves. @throws ProblemError */
  async remove(name: string): Promise<void> {
    const settings = this.require(name);
    this.#byName.delete(name);
    await this.#file.write({ connections: this.all().map((one) => ({ ...one })) });
    await this.#secrets(settings)?.delete(name).catch(asProblem);
  }

  /** @throws ProblemError keychain, credentials */
  async signIn(name: string): Promise<SignIn> {
    const { secret } = this.require(name);
    switch (secret.kind) {
      case 'profile':
        return { profile: secret.profile };
      case 'chain':
      case 'none':
        return { chain: true };
      case 'file':
        return { keys: await readCredentialsFile(secret.path).catch(asProblem) };
      case 'keychain':
      case 'session': {
        const keys = await this.#secrets(this.require(name))?.get(name).catch(asProblem);
        if (keys !== undefined) return { keys };
        const where = secret.kind === 'keychain' ? 'in the keychain' : 'for this run';
        throw ProblemError.of(
          'credentials',
          `No keys are stored ${where} for ${name}.`,
          `Enter them: windlass connection add --replace ${name}.`,
          { field: 'keys' },
        );
      }
    }
  }

  /** Whether keys are there; undefined where only asking the keychain would tell and it does not answer. */
  async hasKeys(name: string): Promise<boolean | undefined> {
    try {
      await this.signIn(name);
      return true;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return error.problem.code === 'keychain' ? undefined : false;
    }
  }

  #secrets({ secret }: ConnectionSettings): SecretStore | undefined {
    if (secret.kind === 'keychain') return this.#parts.keychain;
    return secret.kind === 'session' ? this.#parts.session : undefined;
  }

  async #store(settings: ConnectionSettings, keys: Keys | undefined): Promise<void> {
    if (keys === undefined) return;
    const secrets = this.#secrets(settings);
    if (secrets === undefined) {
      throw ProblemError.of(
        'invalid',
        `Keys were given for ${settings.name}, which takes them from elsewhere.`,
        'Leave them out, or choose the keychain.',
        { field: 'keys' },
      );
    }
    await secrets.set(settings.name, keys).catch(asProblem);
  }

  async #keep(settings: ConnectionSettings): Promise<void> {
    const before = this.#byName.get(settings.name);
    this.#byName.set(settings.name, settings);
    try {
      await this.#file.write({ connections: this.all().map((one) => ({ ...one })) });
    } catch (error) {
      if (before === undefined) this.#byName.delete(settings.name);
      else this.#byName.set(settings.name, before);
      throw error;
    }
  }
}

/** With what the preset knows. @throws ProblemError invalid */
function complete(settings: ConnectionSettings): ConnectionSettings {
  const { preset, region = presets[preset].region } = settings;
  if (preset === 'folder' && (settings.folder === undefined || !path.isAbsolute(settings.folder)))
    throw missing('A folder connection needs the absolute path of its folder.', 'folder');
  try {
    const endpoint = settings.endpoint ?? presetEndpoint(preset, region === undefined ? {} : { region });
    if (endpoint === undefined && 'endpoint' in presets[preset].fields)
      throw missing(`${presets[preset].title} needs an address, such as https://s3.example.com.`, 'endpoint');
    return {
      ...settings,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(region === undefined ? {} : { region }),
      pathStyle: settings.pathStyle ?? presets[preset].pathStyle,
    };
  } catch (error) {
    if (error instanceof MissingField) throw missing(error.message, error.field);
    throw error;
  }
}

function missing(detail: string, field: string): ProblemError {
  return ProblemError.of('invalid', detail, `Give it as --${field}.`, { field });
}

function asProblem(error: unknown): never {
  if (!(error instanceof SecretError)) throw error;
  const isKeychain = error.code === 'locked' || error.code === 'refused';
  throw ProblemError.of(isKeychain ? 'keychain' : 'credentials', error.message, '', { cause: error });
}
