import { hash } from 'node:crypto';
import { StoreError, type DeleteRequest, type DeleteResult } from '../../object-store.ts';
import { quoteKey, requireKey } from '../../key.ts';
import { impossibleEtag, isConditionUnsupported } from '../conditions.ts';
import type { S3Context } from '../context.ts';
import { parallel } from '../parallel.ts';
import { refuse, S3Refusal } from '../refusal.ts';
import { sendForXml } from '../replies.ts';
import { children, childText, escapeXml, fitsXml } from '../xml.ts';
import { headObject } from './head.ts';
import { lookAt } from './look.ts';

/** Single requests that run at a time. */
const width = 16;

type Outcome = StoreError | undefined;

/** Deletes keys in as few requests as the server and the keys allow. Never rejects for a key: each has its result. */
export class Deletions {
  readonly #context: S3Context;
  /** False once the server has said that it does not know DeleteObjects. */
  #batches = true;

  constructor(context: S3Context) {
    this.#context = context;
  }

  async delete(requests: readonly DeleteRequest[]): Promise<readonly DeleteResult[]> {
    if (requests.length > 1000) {
      throw new StoreError('InvalidRequest', `At most 1,000 keys are deleted at a time, not ${requests.length}.`);
    }
    const outcomes = new Map<DeleteRequest, Outcome>();
    const batch: DeleteRequest[] = [];
    const single: DeleteRequest[] = [];
    for (const request of requests) (this.#batches && fitsXml(request.key) ? batch : single).push(request);
    if (batch.length === 1) single.push(...batch.splice(0));
    if (batch.length > 0) single.push(...(await this.#deleteBatch(batch, outcomes)));
    await parallel(single, width, async (request) => {
      outcomes.set(request, await outcomeOf(() => this.#deleteOne(request)));
    });
    return requests.map((request) => {
      const error = outcomes.get(request);
      return error === undefined ? { key: request.key } : { key: request.key, error };
    });
  }

  /** @returns those that have to be deleted one by one */
  async #deleteBatch(
    requests: readonly DeleteRequest[],
    outcomes: Map<DeleteRequest, Outcome>,
  ): Promise<DeleteRequest[]> {
    const single: DeleteRequest[] = [];
    let batch = requests;
    const isGuarded = await this.#batchConditionsHold(requests);
    if (!isGuarded) {
      const { same, changed, unseen } = await lookAt(this.#context, requests.filter(hasEtag));
      for (const [request, etag] of changed) outcomes.set(request, elsewhere(request.key, etag));
      single.push(...unseen);
      batch = requests.filter((request) => request.etag === undefined || same.has(request));
      if (batch.length === 0) return single;
    }
    const failed = await outcomeOf(async () => {
      const errors = await this.#sendBatch(isGuarded ? batch : batch.map(({ key }) => ({ key })));
      for (const request of batch) {
        const error = errors.get(request.key);
        if (error !== undefined && error.code !== 'NotFound') outcomes.set(request, error);
        errors.delete(request.key);
      }
      // An error for a key that we did not name: it may be any of them. To delete again does no harm.
      const [stray] = errors.values();
      if (stray !== undefined) throw stray;
    });
    if (failed?.code === 'NotSupported') {
      this.#batches = false;
      return [...single, ...batch];
    }
    if (failed !== undefined) for (const request of batch) outcomes.set(request, outcomes.get(request) ?? failed);
    return single;
  }

  /** Whether the per-key ETags among `requests`, if there are any, will be honoured. */
  async #batchConditionsHold(requests: readonly DeleteRequest[]): Promise<boolean> {
    const { conditions } = this.#context;
    const conditional = requests.filter(hasEtag);
    // A key that has changed or is gone cannot answer the question; the next one may.
    for (const request of conditional.slice(0, 3)) {
      if (conditions.get('batchDelete') !== undefined) break;
      const send = async (etag: string): Promise<StoreError | undefined> =>
        [...(await this.#sendBatch([{ key: request.key, etag }])).values()][0];
      await outcomeOf(() =>
        conditions.run(
          'batchDelete',
          () => Promise.resolve(),
          () => this.#try('batchDelete', request, send).then(() => undefined),
        ),
      );
    }
    return conditional.length === 0 || conditions.get('batchDelete') === true;
  }

  /** DeleteObjects. @returns the errors by key */
  async #sendBatch(requests: readonly DeleteRequest[]): Promise<Map<string, StoreError>> {
    const { client, bucket, limits } = this.#context;
    const objects = requests.map(({ key, etag }) => {
      requireKey(key, limits.maxKey);
      const condition = etag === undefined ? '' : `<ETag>${escapeXml(etag)}</ETag>`;
      return `<Object><Key>${escapeXml(key)}</Key>${condition}</Object>`;
    });
    const body = Buffer.from(
      `<?xml version="1.0" encoding="UTF-8"?>\n<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
        `<Quiet>true</Quiet>${objects.join('')}</Delete>`,
    );
    const { root } = await sendForXml(
      client,
      {
        operation: 'DeleteObjects',
        method: 'POST',
        query: { delete: '' },
        // Required; the newer checksum headers are not known everywhere.
        headers: { 'content-md5': hash('md5', body, 'base64'), 'content-type': 'application/xml' },
        body,
        slow: true,
      },
      'DeleteResult',
    );
    const { origin } = await client.address();
    const errors = new Map<string, StoreError>();
    for (const error of children(root, 'Error')) {
      const key = childText(error, 'Key') ?? '';
      const s3Code = childText(error, 'Code') ?? '';
      const subject = { operation: 'DeleteObjects', bucket, key, origin };
      errors.set(key, refuse(subject, { status: 400, s3Code }, childText(error, 'Message') ?? ''));
    }
    return errors;
  }

  async #deleteOne({ key, etag }: DeleteRequest): Promise<void> {
    if (etag === undefined) return this.#sendOne(key, undefined);
    await this.#context.conditions.run(
      'delete',
      async (honoured) => {
        if (honoured) await this.#sendGuarded(key, etag);
        else if (await this.#isAt(key, etag)) await this.#sendOne(key, undefined);
      },
      async () => {
        const send = (impossible: string) => this.#sendOne(key, impossible).then(() => undefined);
        if (!(await this.#try('delete', { key, etag }, send))) await this.#sendGuarded(key, etag);
      },
    );
  }

  /**
   * The first conditional delete: looks whether the key is at the ETag, then deletes it under a condition that cannot
   * hold. If that deletes nevertheless, conditions are ignored, and what was asked for has been done.
   *
   * @returns whether the key is deleted now
   */
  async #try(
    kind: 'delete' | 'batchDelete',
    { key, etag }: Required<DeleteRequest>,
    send: (etag: string) => Promise<StoreError | undefined>,
  ): Promise<boolean> {
    const { conditions } = this.#context;
    if (!(await this.#isAt(key, etag))) return true;
    const refusal = await outcomeOf(async () => {
      const refused = await send(impossibleEtag);
      if (refused !== undefined) throw refused;
    });
    if (refusal === undefined || refusal.code === 'PreconditionFailed') conditions.set(kind, refusal !== undefined);
    else if (isConditionUnsupported(refusal)) conditions.set(kind, false);
    else throw refusal;
    return refusal === undefined;
  }

  /** As `sendOne`; servers differ on how they refuse a condition on a key that is gone, which is not refused here. */
  async #sendGuarded(key: string, etag: string): Promise<void> {
    const refusal = await outcomeOf(() => this.#sendOne(key, etag));
    if (refusal === undefined) return;
    if (refusal.code !== 'PreconditionFailed' || (await headObject(this.#context, key)) !== undefined) throw refusal;
  }

  /** DeleteObject. A key that is not there counts as deleted. */
  async #sendOne(key: string, etag: string | undefined): Promise<void> {
    requireKey(key, this.#context.limits.maxKey);
    try {
      const headers: Record<string, string> = etag === undefined ? {} : { 'if-match': etag };
      await this.#context.client.send({ operation: 'DeleteObject', method: 'DELETE', key, headers });
    } catch (error) {
      if (!(error instanceof S3Refusal) || error.code !== 'NotFound') throw error;
    }
  }

  /** @returns false where the key is gone @throws StoreError PreconditionFailed where it is at another ETag */
  async #isAt(key: string, etag: string): Promise<boolean> {
    const found = await headObject(this.#context, key);
    if (found === undefined) return false;
    if (found.version.etag === etag) return true;
    throw elsewhere(key, found.version.etag);
  }
}

function elsewhere(key: string, etag: string): StoreError {
  return new StoreError('PreconditionFailed', `${quoteKey(key)} is at ${etag} and not deleted.`);
}

const hasEtag = (request: DeleteRequest): request is Required<DeleteRequest> => request.etag !== undefined;

async function outcomeOf(work: () => Promise<void>): Promise<Outcome> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}
