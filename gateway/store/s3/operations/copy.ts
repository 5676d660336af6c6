import { StoreError, type CopyRequest, type Version } from '../../object-store.ts';
import { quoteKey, requireKey } from '../../key.ts';
import { conditionHeaders, impossibleEtag, isConditionRefusal, isConditionUnsupported } from '../conditions.ts';
import { writtenVersion, type S3Context } from '../context.ts';
import { encryptionHeaders, metadataHeaders, parseSeconds, versionIdOf } from '../metadata.ts';
import { S3Refusal } from '../refusal.ts';
import { sendForXml } from '../replies.ts';
import { childText } from '../xml.ts';
import { copyInParts } from './copy-in-parts.ts';
import { withPin } from './copy-source.ts';
import { headObject } from './head.ts';
import { putObject, requireCondition } from './put.ts';

/** CopyObject, or a copy in parts where the object is too large for one request. */
export async function copyObject(context: S3Context, request: CopyRequest): Promise<Version> {
  requireKey(request.sourceKey, context.limits.maxKey);
  requireKey(request.targetKey, context.limits.maxKey);
  if (request.size > context.limits.maxCopy) return copyInParts(context, request);
  const { condition, targetKey } = request;
  if (condition === undefined) return send(context, request, {});
  // A copy onto itself: what its target must be at is what its source is pinned to.
  if (isOntoItself(request) && context.conditions.get('copySource') === true)
    return send(context, request, context.conditions.get('copy') === true ? conditionHeaders(condition) : {});
  return context.conditions.run(
    'copy',
    async (honoured) => {
      if (!honoured) await requireCondition(context, targetKey, condition);
      return send(context, request, honoured ? conditionHeaders(condition) : {});
    },
    () => tryCondition(context, request),
  );
}

const isOntoItself = ({ sourceKey, targetKey, pin, condition }: CopyRequest): boolean =>
  sourceKey === targetKey && condition !== undefined && 'etag' in condition && pin?.etag === condition.etag;

/** As the first conditional PUT is tried: look, copy, then copy again under a condition that cannot hold. */
async function tryCondition(context: S3Context, request: CopyRequest): Promise<Version> {
  const { conditions } = context;
  const { condition, sourceKey, targetKey } = request;
  if (condition !== undefined) await requireCondition(context, targetKey, condition);
  let version: Version;
  try {
    version = await send(context, request, conditionHeaders(condition));
  } catch (error) {
    if (!isConditionUnsupported(error)) throw error;
    conditions.set('copy', false);
    return send(context, request, {});
  }
  // A copy onto itself has just changed its own source.
  if (sourceKey === targetKey) return version;
  try {
    const again = await send(context, request, { 'if-match': impossibleEtag });
    conditions.set('copy', false);
    return again;
  } catch (error) {
    if (isConditionRefusal(error)) conditions.set('copy', true);
    else if (isConditionUnsupported(error)) conditions.set('copy', false);
    return version;
  }
}

/** Copies, having made sure of the source where the server does not. */
async function send(context: S3Context, request: CopyRequest, condition: Record<string, string>): Promise<Version> {
  const { pin, sourceKey } = request;
  try {
    return await withPin(context, { key: sourceKey, pin }, (source) =>
      sendCopy(context, request, { ...source, ...condition }),
    );
  } catch (error) {
    const unlike = error instanceof S3Refusal && (error.code === 'InvalidKey' || error.code === 'NotSupported');
    if (!unlike || request.size > 0) throw error;
    // There are servers that do not copy directory markers.
    return putEmpty(context, request);
  }
}

async function putEmpty(context: S3Context, request: CopyRequest): Promise<Version> {
  const { sourceKey, targetKey, pin, condition } = request;
  const source = await headObject(context, sourceKey, pin);
  if (source === undefined) throw new StoreError('NotFound', `There is no ${quoteKey(sourceKey)} to copy.`);
  const metadata = request.metadata ?? source.metadata;
  return putObject(context, { key: targetKey, body: Buffer.alloc(0), metadata, ...(condition && { condition }) });
}

async function sendCopy(
  context: S3Context,
  request: CopyRequest,
  conditions: Record<string, string>,
): Promise<Version> {
  const { metadata, carry, targetKey } = request;
  const { root, reply } = await sendForXml(
    context.client,
    {
      operation: 'CopyObject',
      method: 'PUT',
      key: targetKey,
      headers: {
        'x-amz-metadata-directive': metadata === undefined ? 'COPY' : 'REPLACE',
        ...(metadata !== undefined && metadataHeaders(metadata)),
        ...(metadata?.tags !== undefined && { 'x-amz-tagging-directive': 'REPLACE' }),
        ...(metadata === undefined &&
          carry?.storageClass !== undefined && { 'x-amz-storage-class': carry.storageClass }),
        ...(metadata === undefined && carry?.encryption !== undefined && encryptionHeaders(carry.encryption)),
        ...conditions,
      },
      slow: true,
    },
    'CopyObjectResult',
  );
  const etag = childText(root, 'ETag');
  if (etag === undefined) throw new StoreError('Unavailable', `The copy to ${quoteKey(targetKey)} was not confirmed.`);
  const version = writtenVersion(context, reply, etag, request.size);
  const lastModified = parseSeconds(childText(root, 'LastModified'));
  return { ...version, ...(lastModified !== 0 && { lastModified }), ...versionIdOf(reply.headers) };
}
