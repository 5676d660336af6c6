import {
  StoreError,
  type ByteRange,
  type CopyRequest,
  type ObjectMetadata,
  type StoreLimits,
  type Version,
} from '../../object-store.ts';
import { quoteKey } from '../../key.ts';
import type { S3Context } from '../context.ts';
import { parallel } from '../parallel.ts';
import { headObject } from './head.ts';
import { abortUpload, completeUpload, copyPart, createUpload } from './multipart.ts';

/** Parts that are copied at a time. */
const width = 8;

/** A size at which servers copy a part in seconds, bytes. */
const preferredPart = 512 * 1024 * 1024;

/** A copy by UploadPartCopy. It carries nothing by itself: metadata and tags are read from the source and repeated. */
export async function copyInParts(context: S3Context, request: CopyRequest): Promise<Version> {
  const { sourceKey, targetKey, size } = request;
  const source = await headObject(context, sourceKey, request.pin);
  if (source === undefined) throw new StoreError('NotFound', `There is no ${quoteKey(sourceKey)} to copy.`);
  if (source.version.size !== size) {
    throw new StoreError('PreconditionFailed', `${quoteKey(sourceKey)} has ${source.version.size} bytes, not ${size}.`);
  }
  const metadata: ObjectMetadata = {
    ...(source.metadata.tags !== undefined && { tags: source.metadata.tags }),
    ...(request.metadata ?? source.metadata),
  };
  const uploadId = await createUpload(context, targetKey, metadata);
  try {
    const pin = request.pin ?? { etag: source.version.etag };
    const parts = await parallel(copyRanges(size, context.limits), width, ({ partNumber, range }) =>
      copyPart(context, { key: targetKey, uploadId, partNumber, sourceKey, pin, range }),
    );
    const { condition } = request;
    return await completeUpload(context, { key: targetKey, uploadId, parts, ...(condition && { condition }) });
  } catch (error) {
    // What failed matters; unfinished uploads are found by their list and swept.
    await abortUpload(context, targetKey, uploadId).catch(() => undefined);
    throw error;
  }
}

/** Cuts `size` bytes into parts that the limits allow, of equal size but for the last. */
export function copyRanges(
  size: number,
  limits: Pick<StoreLimits, 'minPart' | 'maxPart' | 'maxParts'>,
): readonly { readonly partNumber: number; readonly range: ByteRange }[] {
  const part = Math.min(limits.maxPart, Math.max(preferredPart, limits.minPart, Math.ceil(size / limits.maxParts)));
  return Array.from({ length: Math.ceil(size / part) }, (_none, index) => ({
    partNumber: index + 1,
    range: { offset: index * part, length: Math.min(part, size - index * part) },
  }));
}
