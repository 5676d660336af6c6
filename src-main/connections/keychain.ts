/** The operating system's keychain, through keytar: the only file that knows it. */
import { keys as keysSchema, type Keys } from '../api/connections.ts';
import { isKeychainLocked } from './keychain-lock.ts';
import { SecretError, type SecretStore } from './secrets.ts';

/** What the entries are filed under. */
const service = 'Windlass';

/** Milliseconds that a keychain may take. A locked one asks its user, who may not be there. */
const defaultTimeLimit = 10_000;

/** The calls of keytar that are used. */
export interface KeychainLibrary {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
}

const load = async (): Promise<KeychainLibrary> => {
  const library = (await import('keytar')) as unknown as KeychainLibrary & { readonly default?: KeychainLibrary };
  return library.default ?? library;
};

export class Keychain implements SecretStore {
  readonly #load: () => Promise<KeychainLibrary>;
  readonly #timeLimit: number;
  readonly #isLocked: () => Promise<boolean>;
  #library: Promise<KeychainLibrary> | undefined;

  constructor(
    options: {
      readonly load?: () => Promise<KeychainLibrary>;
      readonly timeLimit?: number;
      readonly isLocked?: () => Promise<boolean>;
    } = {},
  ) {
    this.#load = options.load ?? load;
    this.#timeLimit = options.timeLimit ?? defaultTimeLimit;
    this.#isLocked = options.isLocked ?? isKeychainLocked;
  }

  async get(connection: string): Promise<Keys | undefined> {
    const stored = await this.#ask((library) => library.getPassword(service, connection));
    if (stored === null) {
      if (await this.#isLocked()) throw locked(undefined);
      return undefined;
    }
    const parsed = keysSchema.safeParse(json(stored));
    if (parsed.success) return parsed.data;
    // No cause: it would quote what is stored.
    throw new SecretError(
      'damaged',
      `The keychain entry ${service}/${connection} is not what Windlass has stored there: enter the keys of ${connection} again.`,
    );
  }

  async set(connection: string, keys: Keys): Promise<void> {
    await this.#ask((library) => library.setPassword(service, connection, JSON.stringify(keys)));
  }

  async delete(connection: string): Promise<void> {
    await this.#ask((library) => library.deletePassword(service, connection));
  }

  async #ask<T>(question: (library: KeychainLibrary) => Promise<T>): Promise<T> {
    this.#library ??= this.#load();
    let library: KeychainLibrary;
    try {
      library = await this.#library;
    } catch (cause) {
      this.#library = undefined;
      throw new SecretError(
        'absent',
        'This installation has no access to a keychain: install libsecret and gnome-keyring or KWallet and install Windlass again, or keep the keys in a file (--creds-file) or an AWS profile.',
        { cause },
      );
    }
    let timer: NodeJS.Timeout | undefined;
    try {
      return await Promise.race([
        question(library),
        new Promise<never>((_, reject) => {
          timer = setTimeout(() => {
            reject(
              new SecretError(
                'locked',
                'The keychain does not answer: unlock it, and the connection goes on by itself.',
              ),
            );
          }, this.#timeLimit);
        }),
      ]);
    } catch (error) {
      throw error instanceof SecretError ? error : translated(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

function locked(cause: unknown): SecretError {
  return new SecretError('locked', 'The keychain is locked: unlock it, and the connection goes on by itself.', {
    cause,
  });
}

/** By the words of libsecret, Apple's Security framework and Windows' credential manager. */
function translated(cause: unknown): SecretError {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (/locked|interaction is not allowed/i.test(message)) return locked(cause);
  if (/Rejected send message|AccessDenied/.test(message))
    return new SecretError(
      'refused',
      'The system does not let Windlass speak to the keychain: allow it where it runs confined (snap, Flatpak, container), or keep the keys in a file (--creds-file) or an AWS profile.',
      { cause },
    );
  if (/dismissed|denied|cancel/i.test(message))
    return new SecretError('refused', 'The keychain has refused: allow Windlass to use its entry when it asks.', {
      cause,
    });
  if (/org\.freedesktop\.secrets|dbus|D-Bus|autolaunch/i.test(message))
    return new SecretError(
      'absent',
      'No keychain runs in this session: start gnome-keyring or KWallet, or keep the keys in a file (--creds-file) or an AWS profile.',
      { cause },
    );
  return new SecretError('refused', `The keychain has refused: ${message}`, { cause });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
