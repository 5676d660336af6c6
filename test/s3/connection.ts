import { s3Connection, type S3Connection } from '../../gateway/configuration.ts';
import type { S3Server } from './servers.ts';

/** @param endpoint of a proxy in front of the server; without it the server's own */
export function connectionTo(
  server: Pick<S3Server, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'>,
  endpoint = server.endpoint,
): S3Connection {
  const { region, accessKeyId, secretAccessKey } = server;
  return s3Connection.parse({
    kind: 's3',
    endpoint,
    region,
    pathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
}
