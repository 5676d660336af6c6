import type { ListPage, ListRequest } from '../../object-store.ts';
import { StoreError } from '../../object-store.ts';
import type { S3Context } from '../context.ts';
import { parseListPage } from '../list-page.ts';

/** ListObjectsV2: one page. */
export async function listObjects({ client }: S3Context, request: ListRequest): Promise<ListPage> {
  const limit = request.limit ?? 1000;
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new StoreError('InvalidRequest', `A listing has 1 to 1,000 entries, not ${limit}.`);
  }
  const { delimiter, startAfter, continuation } = request;
  const reply = await client.send({
    operation: 'ListObjectsV2',
    method: 'GET',
    query: {
      'list-type': '2',
      // Keys may hold characters that XML 1.0 has no way to write.
      'encoding-type': 'url',
      prefix: request.prefix,
      ...(delimiter !== undefined && { delimiter }),
      ...(limit !== 1000 && { 'max-keys': String(limit) }),
      ...(continuation !== undefined
        ? { 'continuation-token': continuation }
        : startAfter !== undefined && startAfter !== '' && { 'start-after': startAfter }),
    },
  });
  return parseListPage(reply.body.toString('utf8'));
}
