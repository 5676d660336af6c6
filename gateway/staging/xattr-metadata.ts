/**
 * Extended attributes in object metadata, as s3fs keeps them: one header, `xattr`, with a URL-encoded map of names, their
 * namespace included (`user.comment`), to base64. Those of other namespaces are carried along and shown to nobody.
 */
import { z } from 'zod';
import type { InodeRecord } from './records.ts';

/** Of the header, without `x-amz-meta-`. */
export const xattrKey = 'xattr';

/** By name, namespace included; values in base64. */
export type Xattrs = Readonly<Record<string, string>>;

const stored = z.record(z.string(), z.base64());

/** What the header says; undefined where it is not such a map. */
export function parseXattrs(header: string): Xattrs | undefined {
  try {
    return stored.parse(JSON.parse(decodeURIComponent(header)));
  } catch {
    return undefined;
  }
}

/** Undefined: there are none, and no header. */
export function formatXattrs(xattrs: Xattrs): string | undefined {
  return Object.keys(xattrs).length === 0 ? undefined : encodeURIComponent(JSON.stringify(xattrs));
}

/** The inode's, where its metadata is known or it has none. */
export function xattrsOf({ xattrs, metadata }: Pick<InodeRecord, 'xattrs' | 'metadata'>): Xattrs {
  if (xattrs !== undefined) return xattrs;
  const header = metadata?.user[xattrKey];
  return header === undefined ? {} : (parseXattrs(header) ?? {});
}
