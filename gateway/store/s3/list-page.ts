/**
 * Reads ListObjectsV2 replies. A general XML parser takes 24 ms for a page of 1,000 keys, this takes two
 * (measured), and the event loop waits meanwhile. It relies on what S3 and its relatives all do: no attributes but on the root, no comments, no
 * CDATA; every element that matters is found by name.
 */
import { StoreError, type ListedObject, type ListPage } from '../object-store.ts';
import { parseSeconds, quoteEtag } from './metadata.ts';
import { decodeListedKey } from './percent-encoding.ts';
import { decodeReferences } from './xml.ts';

/** @throws StoreError Corrupt where the text is not a whole list page */
export function parseListPage(text: string): ListPage {
  if (!text.includes('<ListBucketResult') || !text.includes('</ListBucketResult>')) {
    throw new StoreError('Corrupt', 'The server sent a listing that cannot be read.');
  }
  const firstObject = text.indexOf('<Contents>');
  const firstPrefix = text.indexOf('<CommonPrefixes>');
  const lastObject = text.lastIndexOf('</Contents>');
  const lastPrefix = text.lastIndexOf('</CommonPrefixes>');
  const starts = [firstObject, firstPrefix].filter((position) => position >= 0);
  const start = starts.length === 0 ? text.length : Math.min(...starts);
  const head = text.slice(0, start) + (start < text.length ? text.slice(Math.max(lastObject, lastPrefix)) : '');

  const decode = elementText(head, 'EncodingType') === 'url' ? decodeListedKey : (key: string) => key;
  const objects: ListedObject[] = [];
  for (let at = firstObject; at >= 0;) {
    const end = text.indexOf('</Contents>', at);
    objects.push(parseObject(text.slice(at, end), decode));
    at = text.indexOf('<Contents>', end);
  }
  const prefixes: string[] = [];
  for (let at = firstPrefix; at >= 0;) {
    const end = text.indexOf('</CommonPrefixes>', at);
    const prefix = elementText(text.slice(at, end), 'Prefix');
    if (prefix !== undefined) prefixes.push(decode(prefix));
    at = text.indexOf('<CommonPrefixes>', end);
  }
  if (elementText(head, 'IsTruncated') !== 'true') return { objects, prefixes };
  const continuation = elementText(head, 'NextContinuationToken');
  if (continuation === undefined || continuation === '') {
    throw new StoreError('NotSupported', 'The server does not say how a long listing goes on (ListObjectsV2).');
  }
  return { objects, prefixes, continuation };
}

function parseObject(element: string, decode: (key: string) => string): ListedObject {
  const key = elementText(element, 'Key');
  if (key === undefined) throw new StoreError('Corrupt', 'The server sent a listing with an object that has no key.');
  return {
    key: decode(key),
    version: {
      etag: quoteEtag(elementText(element, 'ETag') ?? ''),
      size: Number(elementText(element, 'Size') ?? 0),
      lastModified: parseSeconds(elementText(element, 'LastModified')),
      storageClass: elementText(element, 'StorageClass') ?? 'STANDARD',
    },
  };
}

/** The text between `<name>` and `</name>`; undefined where there is none. */
function elementText(within: string, name: string): string | undefined {
  const open = `<${name}>`;
  const start = within.indexOf(open);
  if (start < 0) return undefined;
  const end = within.indexOf(`</${name}>`, start);
  return end < 0 ? undefined : decodeReferences(within.slice(start + open.length, end));
}
