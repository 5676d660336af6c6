import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import type { S3Connection } from '../../configuration.ts';
import { StoreError } from '../object-store.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}

/** Temporary credentials are renewed so long before they expire, milliseconds. */
const renewBefore = 300_000;

/** The credentials of one connection: fixed ones, or what the SDK's chain finds, renewed before and when they expire. */
export class Credentials {
  readonly #provide: (() => Promise<AwsCredentials>) | undefined;
  readonly #source: string;
  #current: AwsCredentials | undefined;
  #pending: Promise<AwsCredentials> | undefined;

  constructor(connection: Pick<S3Connection, 'credentials' | 'profile'>, provide = chain(connection)) {
    this.#source = connection.profile === undefined ? 'the AWS credential chain' : `AWS profile ${connection.profile}`;
    if (connection.credentials !== undefined) this.#current = connection.credentials;
    else this.#provide = provide;
  }

  /** @throws StoreError Unauthenticated where the source gives none */
  async current(): Promise<AwsCredentials> {
    const current = this.#current;
    if (current !== undefined) {
      if (this.#provide === undefined || current.expiration === undefined) return current;
      if (current.expiration.getTime() - Date.now() > renewBefore) return current;
    }
    return this.#renew();
  }

  /**
   * After the server refused `refused`: asks the source again.
   *
   * @returns whether there are other credentials now
   */
  async renew(refused: AwsCredentials): Promise<boolean> {
    if (this.#provide === undefined) return false;
    if (this.#current !== undefined && !same(this.#current, refused)) return true;
    return !same(await this.#renew(), refused);
  }

  #renew(): Promise<AwsCredentials> {
    const provide = this.#provide;
    if (provide === undefined) throw new Error('fixed credentials cannot be renewed');
    this.#pending ??= provide()
      .then((credentials) => (this.#current = credentials))
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        throw new StoreError('Unauthenticated', `No credentials from ${this.#source}: ${reason} Sign in again.`, {
          cause: error,
        });
      })
      .finally(() => (this.#pending = undefined));
    return this.#pending;
  }
}

const same = (a: AwsCredentials, b: AwsCredentials): boolean =>
  a.accessKeyId === b.accessKeyId && a.secretAccessKey === b.secretAccessKey && a.sessionToken === b.sessionToken;

/** A new chain each time: the SDK's providers remember what they found, and files change under them. */
function chain(connection: Pick<S3Connection, 'profile'>): () => Promise<AwsCredentials> {
  const { profile } = connection;
  return () => fromNodeProviderChain({ ignoreCache: true, ...(profile !== undefined && { profile }) })();
}
