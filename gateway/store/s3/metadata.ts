/** ObjectMetadata and Version as S3's HTTP headers have them. */
import { StoreError, type Encryption, type ObjectDescription, type ObjectMetadata } from '../object-store.ts';
import type { Version } from '../object-store.ts';
import { decodeMetadataValue, encodeMetadataValue } from './encoded-word.ts';
import { encodeQueryComponent } from './percent-encoding.ts';

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

const userPrefix = 'x-amz-meta-';
const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

const systemHeaders = [
  ['contentType', 'content-type'],
  ['cacheControl', 'cache-control'],
  ['contentDisposition', 'content-disposition'],
  ['contentEncoding', 'content-encoding'],
  ['contentLanguage', 'content-language'],
  ['expires', 'expires'],
  ['storageClass', 'x-amz-storage-class'],
  ['websiteRedirectLocation', 'x-amz-website-redirect-location'],
] as const;

/** @throws StoreError InvalidRequest for names that no header can have */
export function metadataHeaders(metadata: ObjectMetadata): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [property, header] of systemHeaders) {
    const value = metadata[property];
    if (value !== undefined && value !== '') headers[header] = encodeMetadataValue(value);
  }
  for (const [name, value] of Object.entries(metadata.user)) {
    if (!token.test(name)) {
      throw new StoreError('InvalidRequest', `${JSON.stringify(name)} cannot be the name of S3 metadata.`);
    }
    headers[userPrefix + name] = encodeMetadataValue(value);
  }
  if (metadata.encryption !== undefined) Object.assign(headers, encryptionHeaders(metadata.encryption));
  if (metadata.tags !== undefined && Object.keys(metadata.tags).length > 0) {
    headers['x-amz-tagging'] = Object.entries(metadata.tags)
      .map(([name, value]) => `${encodeQueryComponent(name)}=${encodeQueryComponent(value)}`)
      .join('&');
  }
  return headers;
}

export function encryptionHeaders(encryption: Encryption): Record<string, string> {
  return {
    'x-amz-server-side-encryption': encryption.algorithm,
    ...(encryption.keyId !== undefined && { 'x-amz-server-side-encryption-aws-kms-key-id': encryption.keyId }),
    ...(encryption.bucketKey === true && { 'x-amz-server-side-encryption-bucket-key-enabled': 'true' }),
  };
}

export function header(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/**
 * What HEAD and GET tell of an object. Tags are not among it, only their number.
 *
 * @param size of the whole object, bytes
 */
export function describeObject(headers: Headers, size: number): ObjectDescription {
  const metadata: { -readonly [Property in keyof ObjectMetadata]: ObjectMetadata[Property] } = { user: {} };
  for (const [property, name] of systemHeaders) {
    const value = header(headers, name);
    if (value !== undefined) metadata[property] = decodeMetadataValue(value);
  }
  // Said by not being said: STANDARD is what a rewrite gets anyway, and not all servers take the header.
  if (metadata.storageClass === 'STANDARD') delete metadata.storageClass;
  const user: Record<string, string> = {};
  for (const name in headers) {
    if (!name.startsWith(userPrefix)) continue;
    const value = headers[name];
    if (value !== undefined) {
      user[name.slice(userPrefix.length)] = decodeMetadataValue(Array.isArray(value) ? value.join(',') : value);
    }
  }
  metadata.user = user;
  const algorithm = header(headers, 'x-amz-server-side-encryption');
  if (algorithm?.startsWith('aws:kms') === true) {
    const keyId = header(headers, 'x-amz-server-side-encryption-aws-kms-key-id');
    const bucketKey = header(headers, 'x-amz-server-side-encryption-bucket-key-enabled') === 'true';
    metadata.encryption = { algorithm, ...(keyId !== undefined && { keyId }), ...(bucketKey && { bucketKey }) };
  }
  const tagCount = Number(header(headers, 'x-amz-tagging-count') ?? 0);
  return {
    version: {
      etag: quoteEtag(header(headers, 'etag') ?? ''),
      size,
      lastModified: parseSeconds(header(headers, 'last-modified')),
      ...versionIdOf(headers),
      storageClass: header(headers, 'x-amz-storage-class') ?? 'STANDARD',
    },
    metadata,
    ...(tagCount > 0 && { tagCount }),
  };
}

/** `null` is what buckets that keep no versions (any more) say: it names whatever is there and pins nothing. */
export function versionIdOf(headers: Headers): Pick<Version, 'versionId'> {
  const versionId = header(headers, 'x-amz-version-id');
  return versionId === undefined || versionId === 'null' ? {} : { versionId };
}

/** Some servers leave the quotes out, in some replies. */
export function quoteEtag(etag: string): string {
  return etag === '' || etag.startsWith('"') || etag.startsWith('W/') ? etag : `"${etag}"`;
}

/** @returns whole seconds since the epoch, fractions cut; 0 where `date` is none */
export function parseSeconds(date: string | undefined): number {
  const milliseconds = date === undefined ? NaN : Date.parse(date);
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000);
}
