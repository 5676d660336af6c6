import { StoreError, type MultipartStore, type ObjectMetadata, type Part, type Version } from '../../object-store.ts';
import { quoteKey, requireKey } from '../../key.ts';
import { conditionHeaders, impossibleEtag, isConditionRefusal, isConditionUnsupported } from '../conditions.ts';
import { writtenVersion, type S3Context } from '../context.ts';
import { header, metadataHeaders, parseSeconds, quoteEtag } from '../metadata.ts';
import { decodeListedKey } from '../percent-encoding.ts';
import { S3Refusal } from '../refusal.ts';
import { sendForXml } from '../replies.ts';
import { bodySize } from '../request-body.ts';
import { childText, children, escapeXml } from '../xml.ts';
import { withPin } from './copy-source.ts';
import { requireCondition } from './put.ts';

/** CreateMultipartUpload. @returns the upload's id */
export async function createUpload(context: S3Context, key: string, metadata: ObjectMetadata): Promise<string> {
  requireKey(key, context.limits.maxKey);
  const { root } = await sendForXml(
    context.client,
    {
      operation: 'CreateMultipartUpload',
      method: 'POST',
      key,
      query: { uploads: '' },
      headers: metadataHeaders(metadata),
    },
    'InitiateMultipartUploadResult',
  );
  const uploadId = childText(root, 'UploadId');
  if (uploadId === undefined) throw new StoreError('Unavailable', `The upload of ${quoteKey(key)} got no name.`);
  return uploadId;
}

/** UploadPart. */
export async function uploadPart(
  { client, limits }: S3Context,
  request: Parameters<MultipartStore['uploadPart']>[0],
): Promise<Part> {
  const { key, uploadId, partNumber, body, signal } = request;
  const size = bodySize(body);
  if (size > limits.maxPart) throw new StoreError('TooLarge', `Part ${partNumber} of ${quoteKey(key)} is too large.`);
  const reply = await client.send({
    operation: 'UploadPart',
    method: 'PUT',
    key,
    query: { partNumber: String(partNumber), uploadId },
    body,
    signal,
  });
  const etag = header(reply.headers, 'etag');
  if (etag === undefined) throw new StoreError('Unavailable', `Part ${partNumber} of ${quoteKey(key)} got no ETag.`);
  return { partNumber, etag: quoteEtag(etag), size };
}

/** UploadPartCopy. */
export async function copyPart(context: S3Context, request: Parameters<MultipartStore['copyPart']>[0]): Promise<Part> {
  const { key, uploadId, partNumber, sourceKey, pin, range } = request;
  const { root } = await withPin(context, { key: sourceKey, pin }, (source) =>
    sendForXml(
      context.client,
      {
        operation: 'UploadPartCopy',
        method: 'PUT',
        key,
        query: { partNumber: String(partNumber), uploadId },
        headers: {
          ...source,
          'x-amz-copy-source-range': `bytes=${range.offset}-${range.offset + range.length - 1}`,
        },
        slow: true,
      },
      'CopyPartResult',
    ),
  );
  const etag = childText(root, 'ETag');
  if (etag === undefined) throw new StoreError('Unavailable', `Part ${partNumber} of ${quoteKey(key)} got no ETag.`);
  return { partNumber, etag: quoteEtag(etag), size: range.length };
}

/**
 * CompleteMultipartUpload. Whether the server honours a condition there is found out at the first one: having looked at
 * the key, the upload is completed under a condition that cannot hold. Where that succeeds, conditions are ignored, and
 * the upload is complete.
 */
export async function completeUpload(
  context: S3Context,
  request: Parameters<MultipartStore['complete']>[0],
): Promise<Version> {
  const { key, condition } = request;
  const { conditions } = context;
  if (condition === undefined) return sendComplete(context, request, {});
  return conditions.run(
    'complete',
    async (honoured) => {
      if (!honoured) await requireCondition(context, key, condition);
      return sendComplete(context, request, honoured ? conditionHeaders(condition) : {});
    },
    async () => {
      await requireCondition(context, key, condition);
      try {
        const version = await sendComplete(context, request, { 'if-match': impossibleEtag });
        conditions.set('complete', false);
        return version;
      } catch (error) {
        if (isConditionUnsupported(error)) {
          conditions.set('complete', false);
          return sendComplete(context, request, {});
        }
        if (!isConditionRefusal(error) || error.code === 'NoSuchUpload') throw error;
      }
      try {
        const version = await sendComplete(context, request, conditionHeaders(condition));
        conditions.set('complete', true);
        return version;
      } catch (error) {
        if (!(error instanceof S3Refusal) || error.code !== 'NoSuchUpload') throw error;
        // A server that forgets an upload with the first refusal: there the key is looked at instead.
        conditions.set('complete', false);
        throw new StoreError('Unavailable', error.message, { cause: error });
      }
    },
  );
}

async function sendComplete(
  { client, ...context }: S3Context,
  { key, uploadId, parts }: Parameters<MultipartStore['complete']>[0],
  condition: Record<string, string>,
): Promise<Version> {
  const listed = [...parts]
    .sort((a, b) => a.partNumber - b.partNumber)
    .map(
      ({ partNumber, etag }) => `<Part><PartNumber>${partNumber}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
    );
  const body = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
      `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${listed.join('')}</CompleteMultipartUpload>`,
  );
  const { root, reply } = await sendForXml(
    client,
    {
      operation: 'CompleteMultipartUpload',
      method: 'POST',
      key,
      query: { uploadId },
      headers: { 'content-type': 'application/xml', ...condition },
      body,
      slow: true,
    },
    'CompleteMultipartUploadResult',
  );
  const etag = childText(root, 'ETag');
  if (etag === undefined) throw new StoreError('Unavailable', `The upload of ${quoteKey(key)} was not confirmed.`);
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  return writtenVersion({ client, ...context }, reply, etag, size);
}

/** AbortMultipartUpload. An upload that is not there counts as aborted. */
export async function abortUpload({ client }: S3Context, key: string, uploadId: string): Promise<void> {
  try {
    await client.send({ operation: 'AbortMultipartUpload', method: 'DELETE', key, query: { uploadId } });
  } catch (error) {
    if (!(error instanceof S3Refusal) || error.status !== 404) throw error;
  }
}

/** ListParts, all pages. */
export async function listParts({ client }: S3Context, key: string, uploadId: string): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for (let marker: string | undefined = ''; marker !== undefined;) {
    const from: Record<string, string> = marker === '' ? {} : { 'part-number-marker': marker };
    const request = { operation: 'ListParts', method: 'GET', key, query: { uploadId, ...from } } as const;
    // moto calls it a response.
    const { root } = await sendForXml(client, request, 'ListPartsResult', 'ListPartsResponse');
    for (const part of children(root, 'Part')) {
      parts.push({
        partNumber: Number(childText(part, 'PartNumber')),
        etag: quoteEtag(childText(part, 'ETag') ?? ''),
        size: Number(childText(part, 'Size')),
      });
    }
    const next = childText(root, 'NextPartNumberMarker') ?? '';
    marker = childText(root, 'IsTruncated') === 'true' && next !== '' && next !== marker ? next : undefined;
  }
  return parts;
}

/** ListMultipartUploads, all pages. */
export async function listUploads(
  { client }: S3Context,
  prefix: string,
): Promise<readonly { key: string; uploadId: string; initiated: number }[]> {
  const uploads: { key: string; uploadId: string; initiated: number }[] = [];
  let marker: Record<string, string> | undefined = {};
  while (marker !== undefined) {
    const query: Record<string, string> = { uploads: '', 'encoding-type': 'url', prefix, ...marker };
    const { root } = await sendForXml(
      client,
      { operation: 'ListMultipartUploads', method: 'GET', query },
      'ListMultipartUploadsResult',
    );
    const decode = childText(root, 'EncodingType') === 'url' ? decodeListedKey : (text: string) => text;
    for (const upload of children(root, 'Upload')) {
      const key = decode(childText(upload, 'Key') ?? '');
      const uploadId = childText(upload, 'UploadId');
      // Servers have been seen to ignore the prefix.
      if (uploadId === undefined || !key.startsWith(prefix)) continue;
      uploads.push({ key, uploadId, initiated: parseSeconds(childText(upload, 'Initiated')) });
    }
    const next = decode(childText(root, 'NextKeyMarker') ?? '');
    const more = childText(root, 'IsTruncated') === 'true' && next !== '';
    marker = more ? { 'key-marker': next, 'upload-id-marker': childText(root, 'NextUploadIdMarker') ?? '' } : undefined;
  }
  return uploads;
}
