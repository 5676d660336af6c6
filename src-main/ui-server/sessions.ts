/** One-time login codes, and the tokens that they become. Both live in memory and end with the process. */
import { createHash, randomBytes } from 'node:crypto';

/** Milliseconds in which a code can be used. */
const codeLifetime = 5 * 60_000;

/** Of random bits: neither a code nor a token can be guessed. */
const secret = (): string => randomBytes(24).toString('base64url');

/** Secrets are looked up by their hashes, so that no comparison tells by its time how much of one was right. */
const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');

export class Sessions {
  readonly #now: () => number;
  readonly #tokens = new Set<string>();
  #code: { readonly hash: string; readonly expires: number } | undefined;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** A code for one login, within five minutes. The one before it is worth nothing any more. */
  newCode(): string {
    const code = secret();
    this.#code = { hash: hash(code), expires: this.#now() + codeLifetime };
    return code;
  }

  /** The token that the code becomes; undefined: it is wrong, too old, or was used before. */
  login(code: string): string | undefined {
    const expected = this.#code;
    if (expected === undefined || hash(code) !== expected.hash) return undefined;
    this.#code = undefined;
    if (this.#now() > expected.expires) return undefined;
    const token = secret();
    this.#tokens.add(hash(token));
    return token;
  }

  /** @param authorization the header, `Bearer TOKEN` (RFC 6750 §2.1) */
  isAdmitted(authorization: string | undefined): boolean {
    return this.#tokens.has(hashOf(authorization));
  }

  logout(authorization: string | undefined): void {
    this.#tokens.delete(hashOf(authorization));
  }
}

function hashOf(authorization = ''): string {
  return hash(/^Bearer ([\w-]+)$/i.exec(authorization)?.[1] ?? '');
}
