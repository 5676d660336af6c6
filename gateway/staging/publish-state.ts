/** How far the store is behind an inode, and what a write of its object has to carry. Pure. */
import type { CopyRequest, ObjectMetadata, Version } from '../store/object-store.ts';
import { contentTypeOf } from './content-type.ts';
import type { InodeRecord } from './records.ts';

/** Whether the store has all of it, under its name. */
export function isDone(record: InodeRecord): boolean {
  return (
    record.object !== undefined &&
    record.object.at === undefined &&
    record.staged === undefined &&
    record.restamp !== true
  );
}

/** Whether its object has all of it, but under another key. */
export function isMoved(record: InodeRecord): boolean {
  return record.object?.at !== undefined && record.staged === undefined && record.restamp !== true;
}

/** What every rewrite of the object repeats. */
export function metadataOf({ metadata, type, name }: InodeRecord): ObjectMetadata {
  return metadata ?? { user: {}, contentType: contentTypeOf(type, name) };
}

/** What S3 does not carry over with a copy by itself. */
export function carriedOf({ storageClass }: Version, { metadata }: InodeRecord): NonNullable<CopyRequest['carry']> {
  return {
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(metadata?.encryption === undefined ? {} : { encryption: metadata.encryption }),
  };
}
