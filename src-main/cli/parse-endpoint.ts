import net from 'node:net';
import { ParseError } from './parse-error.ts';

/**
 * The URL of an S3 endpoint: a scheme, a host, perhaps a port.
 *
 * @returns without the trailing slash
 * @throws ParseError; its message never holds what stands before an `@`
 */
export function parseEndpoint(text: string): string {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ParseError('needs a URL that begins with https:// or http://, such as https://s3.example.com');
  }
  if (url.username !== '' || url.password !== '') {
    throw new ParseError(
      'must not hold a name or password: give keys in the environment, by --profile or by --credentials-file',
    );
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new ParseError(`needs the host alone, ${url.origin}: buckets are named by --export`);
  }
  return url.origin;
}

/** AWS wants the bucket in the host's name; others mostly in the path, and an IP address or bare name cannot do otherwise. */
export function wantsPathStyle(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  if (net.isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return true;
  return !/\.amazonaws\.com(\.cn)?$|\.api\.aws$/.test(hostname);
}
