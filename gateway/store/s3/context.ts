import type { StoreLimits, Version } from '../object-store.ts';
import type { S3Client } from './client.ts';
import type { Conditions } from './conditions.ts';
import { header, parseSeconds, quoteEtag, versionIdOf } from './metadata.ts';
import type { Reply } from './transport.ts';

/** What the operations on one bucket work with. */
export interface S3Context {
  /** As requests name it: a bucket, an access point alias or an ARN. */
  readonly bucket: string;
  readonly client: S3Client;
  readonly conditions: Conditions;
  readonly limits: StoreLimits;
  /** Whether listings come in the order of their keys. */
  readonly ordered: boolean;
}

/**
 * The version that a PUT or a completed upload made. S3 does not say its LastModified; it is the moment of the reply,
 * by the server's clock, and may differ by some seconds from what HEAD will say. Identity is the ETag's.
 */
export function writtenVersion(context: S3Context, reply: Reply, etag: string, size: number): Version {
  const date = parseSeconds(header(reply.headers, 'date'));
  return {
    etag: quoteEtag(etag),
    size,
    lastModified: date === 0 ? Math.floor(context.client.now() / 1000) : date,
    ...versionIdOf(reply.headers),
  };
}
