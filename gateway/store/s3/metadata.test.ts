import { describe, expect, it } from 'vitest';
import { describeObject, metadataHeaders, parseSeconds } from './metadata.ts';

describe('Metadata', () => {
  it('keeps an object encrypted with its own key, and does not name what is the default anyway', () => {
    const headers = {
      etag: '"e"',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'arn:key',
      'x-amz-server-side-encryption-bucket-key-enabled': 'true',
    };
    const { metadata } = describeObject(headers, 1);
    expect(metadata.encryption).toEqual({ algorithm: 'aws:kms', keyId: 'arn:key', bucketKey: true });
    const { etag, ...encryption } = headers;
    expect(metadataHeaders(metadata)).toEqual(encryption);
    expect(etag).toBe('"e"');
    expect(describeObject({ 'x-amz-server-side-encryption': 'AES256' }, 1).metadata.encryption).toBeUndefined();
  });

  it('keeps the storage class, and calls the unnamed one STANDARD', () => {
    const cold = describeObject({ 'x-amz-storage-class': 'STANDARD_IA' }, 1);
    expect(cold.version.storageClass).toBe('STANDARD_IA');
    expect(metadataHeaders(cold.metadata)).toEqual({ 'x-amz-storage-class': 'STANDARD_IA' });
    expect(describeObject({}, 1).version.storageClass).toBe('STANDARD');
    expect(describeObject({}, 1).metadata).toEqual({ user: {} });
  });

  it('takes no versionId from buckets that keep no versions', () => {
    expect(describeObject({ 'x-amz-version-id': 'null' }, 1).version).not.toHaveProperty('versionId');
    expect(describeObject({ 'x-amz-version-id': 'v1' }, 1).version.versionId).toBe('v1');
  });

  it('refuses names that would be other headers', () => {
    expect(() => metadataHeaders({ user: { 'a\r\nhost': 'evil' } })).toThrow(
      expect.objectContaining({ code: 'InvalidRequest' }),
    );
  });

  it('writes tags as a query', () => {
    expect(metadataHeaders({ user: {}, tags: { 'a b': 'c&d', e: '' } })).toEqual({ 'x-amz-tagging': 'a%20b=c%26d&e=' });
  });
});

describe('parseSeconds', () => {
  it('cuts fractions and reads HTTP dates', () => {
    expect(parseSeconds('2026-01-01T00:00:00.999Z')).toBe(1767225600);
    expect(parseSeconds('Thu, 01 Jan 2026 00:00:00 GMT')).toBe(1767225600);
    expect(parseSeconds('yesterday')).toBe(0);
  });
});
