/** Where keys are kept: one interface over the keychain and what lives as long as this run. */
import type { Keys } from '../api/connections.ts';

export interface SecretStore {
  /** @throws SecretError */
  get(connection: string): Promise<Keys | undefined>;
  /** @throws SecretError */
  set(connection: string, keys: Keys): Promise<void>;
  /** @throws SecretError */
  delete(connection: string): Promise<void>;
}

export type SecretErrorCode =
  /** It may be unlocked at any time. */
  | 'locked'
  /** The machine has none, or the program that speaks to it is missing. */
  | 'absent'
  /** The user or the system has said no. */
  | 'refused'
  /** What is stored is not what was stored. */
  | 'damaged';

/** A secret could not be read or stored; the message names the remedy and holds nothing of it. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
  readonly code: SecretErrorCode;

  constructor(code: SecretErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** For this run only. */
export class SessionSecrets implements SecretStore {
  readonly #keys = new Map<string, Keys>();

  get(connection: string): Promise<Keys | undefined> {
    return Promise.resolve(this.#keys.get(connection));
  }

  set(connection: string, keys: Keys): Promise<void> {
    this.#keys.set(connection, keys);
    return Promise.resolve();
  }

  delete(connection: string): Promise<void> {
    this.#keys.delete(connection);
    return Promise.resolve();
  }
}
