import type { DeleteRequest } from '../../object-store.ts';
import { compareKeys } from '../../key.ts';
import type { S3Context } from '../context.ts';
import { listObjects } from './list.ts';

/** A deletion that is meant for one version. */
export type ConditionalDelete = Required<DeleteRequest>;

export interface Look {
  /** At the ETag that is meant. */
  readonly same: ReadonlySet<DeleteRequest>;
  /** At another one, which is the value. */
  readonly changed: ReadonlyMap<DeleteRequest, string>;
  /** Not looked at: too few keys lie near each other. */
  readonly unseen: readonly ConditionalDelete[];
}

/** Keys that a page must answer for; for fewer, a request for each is as cheap and leaves no gap. */
const worthwhile = 3;

/**
 * What many keys are at, just before they are deleted where the server ignores the conditions of DeleteObjects: a page of
 * a listing answers for up to 1,000 of them, and leaves the same gap as a HEAD for each.
 */
export async function lookAt(context: S3Context, requests: readonly ConditionalDelete[]): Promise<Look> {
  const same = new Set<DeleteRequest>();
  const changed = new Map<DeleteRequest, string>();
  const inOrder = requests.toSorted((a, b) => compareKeys(a.key, b.key));
  let next = 0;
  while (context.ordered && inOrder.length - next >= worthwhile) {
    const [first, last] = [inOrder[next], inOrder.at(-1)];
    if (first === undefined || last === undefined) break;
    const page = await listObjects(context, {
      prefix: commonPrefix(first.key, last.key),
      startAfter: justBefore(first.key),
    });
    const end = page.continuation === undefined ? undefined : page.objects.at(-1)?.key;
    if (page.continuation !== undefined && end === undefined) break;
    const found = new Map(page.objects.map(({ key, version }) => [key, version.etag]));
    const from = next;
    for (; next < inOrder.length; next++) {
      const request = inOrder[next];
      if (request === undefined || (end !== undefined && compareKeys(request.key, end) > 0)) break;
      const etag = found.get(request.key);
      if (etag === request.etag) same.add(request);
      else if (etag !== undefined) changed.set(request, etag);
    }
    if (next - from < worthwhile) break;
  }
  return { same, changed, unseen: inOrder.slice(next) };
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  const prefix = a.slice(0, length);
  // Not between the halves of a surrogate pair.
  return prefix.isWellFormed() ? prefix : prefix.slice(0, -1);
}

/** Before the key and after most that are: a listing that starts after it begins with the key. */
function justBefore(key: string): string {
  const last = Array.from(key).at(-1) ?? '';
  const above = key.slice(0, key.length - last.length);
  const code = last.codePointAt(0) ?? 0;
  // U+E000 comes after the surrogates, which no key can have alone.
  const before = code === 0xe000 ? 0xd7ff : code - 1;
  return code <= 1 ? above : `${above}${String.fromCodePoint(before)}\u{10ffff}`;
}
