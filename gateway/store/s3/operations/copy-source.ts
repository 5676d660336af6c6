import { StoreError, type Pin } from '../../object-store.ts';
import { quoteKey } from '../../key.ts';
import { impossibleEtag } from '../conditions.ts';
import type { S3Context } from '../context.ts';
import { encodeKey, encodeQueryComponent } from '../percent-encoding.ts';
import { S3Refusal } from '../refusal.ts';
import { headObject } from './head.ts';

export interface CopySource {
  readonly key: string;
  readonly pin?: Pin | undefined;
}

/**
 * Runs a copy from `source` so that only the pinned version is copied: by the server where it heeds the pin, else by a
 * look just before, which leaves a gap. The first copy finds out which: having looked, it is tried under a pin that
 * cannot hold. Where that succeeds, pins are ignored, and the copy is made. Where it is refused, the copy itself follows;
 * if that succeeds the pin was the reason, whatever other conditions both had.
 *
 * @param copy makes the copy, given the headers that name its source
 */
export async function withPin<Result>(
  context: S3Context,
  source: CopySource,
  copy: (headers: Record<string, string>) => Promise<Result>,
): Promise<Result> {
  const { conditions } = context;
  const { pin } = source;
  const headers = sourceHeaders(context.bucket, source);
  // A versionId cannot be ignored unnoticed: without versions there is none.
  if (pin === undefined || pin.versionId !== undefined) return copy(headers);
  return conditions.run(
    'copySource',
    async (honoured) => {
      if (!honoured) await requireSource(context, source);
      return copy(headers);
    },
    async () => {
      await requireSource(context, source);
      try {
        const copied = await copy(sourceHeaders(context.bucket, { ...source, pin: { etag: impossibleEtag } }));
        conditions.set('copySource', false);
        return copied;
      } catch (error) {
        if (!(error instanceof S3Refusal) || error.status !== 412) throw error;
      }
      const copied = await copy(headers);
      conditions.set('copySource', true);
      return copied;
    },
  );
}

async function requireSource(context: S3Context, { key, pin }: CopySource): Promise<void> {
  if ((await headObject(context, key, pin)) !== undefined) return;
  throw new StoreError('NotFound', `There is no ${quoteKey(key)} to copy.`);
}

function sourceHeaders(bucket: string, { key, pin }: CopySource): Record<string, string> {
  const version = pin?.versionId === undefined ? '' : `?versionId=${encodeQueryComponent(pin.versionId)}`;
  // AWS, "CopyObject": access points are named by ARN and the word object.
  const place = bucket.startsWith('arn:') ? `${bucket}/object/` : `/${bucket}/`;
  return {
    'x-amz-copy-source': `${place}${encodeKey(key)}${version}`,
    ...(pin !== undefined && { 'x-amz-copy-source-if-match': pin.etag }),
  };
}
