/** An S3 that knows one access key and two buckets: enough for a connection to be refused, mended and tried. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export const goodKey = 'AKIAGOODGOODGOODGOOD';
export const smallBuckets = ['photos', 'reports'] as const;

export async function startSmallS3(): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = http.createServer((request, response) => {
    const isKnown = request.headers.authorization?.includes(`Credential=${goodKey}/`) === true;
    response.setHeader('content-type', 'application/xml');
    if (!isKnown) {
      response.writeHead(403).end('<Error><Code>InvalidAccessKeyId</Code><Message>Unknown key.</Message></Error>');
      return;
    }
    const buckets = smallBuckets.map((name) => `<Bucket><Name>${name}</Name></Bucket>`).join('');
    response.writeHead(200).end(`<ListAllMyBucketsResult><Buckets>${buckets}</Buckets></ListAllMyBucketsResult>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
