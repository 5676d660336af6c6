/** Reads, past the gateway, the objects that guest/worker.py publishes: each must be one version, whole, and none older than before. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Bucket } from '../kernel/bucket.ts';

const header = z.object({ name: z.string(), version: z.int(), size: z.int(), sha256: z.string() });

/** The version that an object holds. @throws Error where it is none: torn, or a mixture */
export function versionOf(name: string, object: Uint8Array): number {
  const data = Buffer.from(object);
  const end = data.indexOf('\n');
  if (end < 0) throw new Error(`${name} in S3 has no header in its ${data.length} bytes`);
  const stated = header.parse(JSON.parse(data.subarray(0, end).toString()));
  const body = data.subarray(end + 1);
  const sha256 = createHash('sha256').update(body).digest('hex');
  if (stated.name !== name || stated.size !== body.length || stated.sha256 !== sha256) {
    throw new Error(
      `${name} in S3 holds ${body.length} bytes that are not version ${stated.version} of ${stated.name}`,
    );
  }
  return stated.version;
}

/** Looks at them until `signal` says so. @returns how many it has seen whole */
export async function watchPublished(bucket: Bucket, names: readonly string[], signal: AbortSignal): Promise<number> {
  const newest = new Map<string, number>();
  let seen = 0;
  while (!signal.aborted) {
    for (const name of names) {
      const object = await bucket.get(`published/${name}`);
      if (object === undefined) {
        if (newest.has(name)) throw new Error(`${name} has vanished from S3`);
        continue;
      }
      const version = versionOf(name, object.body);
      const before = newest.get(name) ?? 0;
      if (version < before) throw new Error(`${name} in S3 went back from version ${before} to ${version}`);
      newest.set(name, version);
      seen++;
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return seen;
}
