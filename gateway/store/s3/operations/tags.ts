import type { S3Context } from '../context.ts';
import { sendForXml } from '../replies.ts';
import { child, children, childText } from '../xml.ts';

/** GetObjectTagging. */
export async function getTags(
  { client }: S3Context,
  key: string,
  versionId: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  const query = { tagging: '', ...(versionId !== undefined && { versionId }) };
  const { root } = await sendForXml(client, { operation: 'GetObjectTagging', method: 'GET', key, query }, 'Tagging');
  const tags: Record<string, string> = {};
  for (const tag of children(child(root, 'TagSet'), 'Tag')) {
    const name = childText(tag, 'Key');
    if (name !== undefined) tags[name] = childText(tag, 'Value') ?? '';
  }
  return tags;
}
