/** What the contract's tests have in common. */
import { buffer } from 'node:stream/consumers';
import { expect } from 'vitest';
import type { ListedObject, ListRequest, ObjectMetadata, ObjectStore, Version } from '../object-store.ts';

/** What a server beneath a store does not do, and no store can do in its place. */
export interface Shortcomings {
  /** Kinds of keys that it does not take, by their names in `oddKeys`. */
  readonly keys?: readonly (keyof typeof oddKeys)[];
  /** A key and another one below it, `a` and `a/b`. */
  readonly fileBesideFolder?: true;
  /** A proper refusal of parts for an upload that was aborted. */
  readonly latePart?: true;
  /** Tags by x-amz-tagging, and their number by HEAD. */
  readonly tags?: true;
  /** All of Cache-Control, Content-Disposition, Content-Encoding, Content-Language and Expires. */
  readonly systemMetadata?: true;
}

export const oddKeys = {
  'spaces and plus signs': 'a b+c  d ',
  'percent signs': '100%25 %zz',
  'quotes and markup': `"double" 'single' <a&amp;b>`,
  'reserved characters': '!*();:@=&$,?#[]\\^`{|}~',
  'a line feed': 'line\nfeed',
  'a carriage return and a tab': 'carriage\rreturn\ttab',
  'a control character': 'bell\u0007',
  emoji: 'rocket 🚀',
  'decomposed letters': 'cafe\u0301',
  'composed letters': 'caf\u00e9',
  'a leading dot': '.hidden',
  'two slashes': 'a//b',
  'a leading slash': '/leading',
  'a dot component': 'a/./b',
  'two dots': 'a/../b',
  'a long component': 'x'.repeat(300),
} as const;

export const none: ObjectMetadata = { user: {} };
export const missingEtag = '"ffffffffffffffffffffffffffffffff"';

/** Matches a StoreError of this code. */
export function failure(code: string): Error {
  const matcher: unknown = expect.objectContaining({ name: 'StoreError', code });
  return matcher as Error;
}

/** The store under test, and short ways to use it. */
export class Probe {
  #store: ObjectStore | undefined;
  #tests = 0;

  get store(): ObjectStore {
    if (this.#store === undefined) throw new Error('the store under test is not there yet');
    return this.#store;
  }

  use(store: ObjectStore): void {
    this.#store = store;
  }

  /** A prefix of its own for each test. */
  readonly place = (): string => `test-${++this.#tests}/`;

  readonly put = (key: string, content: string | Buffer = 'content', metadata = none): Promise<Version> =>
    this.store.put({ key, body: Buffer.from(content), metadata });

  readonly read = async (key: string): Promise<string> =>
    (await buffer((await this.store.get({ key })).body)).toString();

  readonly listAll = async (
    request: ListRequest,
  ): Promise<{
    readonly objects: readonly ListedObject[];
    readonly prefixes: readonly string[];
    readonly pages: number;
  }> => {
    const objects: ListedObject[] = [];
    const prefixes: string[] = [];
    let continuation: string | undefined;
    let pages = 0;
    do {
      const page = await this.store.list({ ...request, ...(continuation !== undefined && { continuation }) });
      objects.push(...page.objects);
      prefixes.push(...page.prefixes);
      continuation = page.continuation;
      pages++;
    } while (continuation !== undefined);
    return { objects, prefixes, pages };
  };

  readonly keysOf = async (request: ListRequest): Promise<string[]> =>
    (await this.listAll(request)).objects.map(({ key }) => key);
}
