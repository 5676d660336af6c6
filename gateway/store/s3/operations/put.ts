import { hash } from 'node:crypto';
import { StoreError, type Condition, type PutRequest, type Version } from '../../object-store.ts';
import { quoteKey, requireKey } from '../../key.ts';
import { conditionHeaders, impossibleEtag, isConditionRefusal, isConditionUnsupported } from '../conditions.ts';
import { writtenVersion, type S3Context } from '../context.ts';
import { header, metadataHeaders } from '../metadata.ts';
import { S3Refusal } from '../refusal.ts';
import { bodySize } from '../request-body.ts';
import { headObject } from './head.ts';

/** Larger bodies are not sent a second time to find out whether conditions are honoured, bytes. */
const trialLimit = 16 * 1024 * 1024;

/** PutObject. */
export async function putObject(context: S3Context, request: PutRequest): Promise<Version> {
  requireKey(request.key, context.limits.maxKey);
  const { condition } = request;
  const { conditions } = context;
  if (bodySize(request.body) > context.limits.maxPut) {
    throw new StoreError(
      'TooLarge',
      `${quoteKey(request.key)} is too large for one request; it has to go up in parts.`,
    );
  }
  if (condition === undefined) return send(context, request, {});
  if (conditions.get('put') === undefined && bodySize(request.body) > trialLimit) {
    await requireCondition(context, request.key, condition);
    return send(context, request, conditionHeaders(condition));
  }
  return conditions.run(
    'put',
    async (honoured) => {
      if (!honoured) await requireCondition(context, request.key, condition);
      return send(context, request, honoured ? conditionHeaders(condition) : {});
    },
    () => tryCondition(context, request, condition),
  );
}

/**
 * @throws StoreError PreconditionFailed unless the key is in the state that `condition` names: a look just before the
 *   write, which leaves a gap, for servers that ignore conditions
 */
export async function requireCondition(context: S3Context, key: string, condition: Condition): Promise<void> {
  const found = await headObject(context, key);
  if ('absent' in condition ? found === undefined : found?.version.etag === condition.etag) return;
  const state = found === undefined ? 'it is gone' : `it is at ${found.version.etag}`;
  throw new StoreError('PreconditionFailed', `${quoteKey(key)} has been changed by somebody else meanwhile: ${state}.`);
}

/**
 * The first conditional PUT: looks at the key, puts, then puts the same again under a condition that cannot hold. A
 * server that honours conditions refuses the last one; one that ignores them stores the same bytes once more.
 */
async function tryCondition(context: S3Context, request: PutRequest, condition: Condition): Promise<Version> {
  const { conditions } = context;
  await requireCondition(context, request.key, condition);
  let version: Version;
  try {
    version = await send(context, request, conditionHeaders(condition));
  } catch (error) {
    if (isConditionRefusal(error)) conditions.set('put', true);
    if (!isConditionUnsupported(error)) throw error;
    conditions.set('put', false);
    return send(context, request, {});
  }
  try {
    const again = await send(context, request, { 'if-match': impossibleEtag });
    conditions.set('put', false);
    return again;
  } catch (error) {
    if (isConditionRefusal(error)) conditions.set('put', true);
    else if (isConditionUnsupported(error)) conditions.set('put', false);
    // Anything else is no answer: the next conditional PUT asks again. This one is done.
    return version;
  }
}

async function send(context: S3Context, request: PutRequest, condition: Record<string, string>): Promise<Version> {
  const { key, body } = request;
  try {
    const reply = await context.client.send({
      operation: 'PutObject',
      method: 'PUT',
      key,
      headers: { ...metadataHeaders(request.metadata), ...condition },
      body,
      signal: request.signal,
    });
    const etag = header(reply.headers, 'etag');
    if (etag !== undefined) return writtenVersion(context, reply, etag, bodySize(body));
  } catch (error) {
    const own = error instanceof S3Refusal && error.repeated ? await ownWrite(context, request, error) : undefined;
    if (own === undefined) throw error;
    return own;
  }
  const found = await headObject(context, key);
  if (found === undefined) throw new StoreError('Unavailable', `${quoteKey(key)} was put and is not there.`);
  return found.version;
}

/**
 * The first try broke off and the second was refused because of its condition: perhaps the first had been carried out.
 * The object is ours if it has our bytes, which its ETag tells where that is their MD5.
 */
async function ownWrite(context: S3Context, { key, body }: PutRequest, error: S3Refusal): Promise<Version | undefined> {
  if (!isConditionRefusal(error) || !Buffer.isBuffer(body)) return undefined;
  const found = await headObject(context, key);
  return found?.version.etag === `"${hash('md5', body, 'hex')}"` ? found.version : undefined;
}
