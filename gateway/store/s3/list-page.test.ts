import { describe, expect, it } from 'vitest';
import { parseListPage } from './list-page.ts';

const page = (inner: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</ListBucketResult>`;
const object = (key: string, more = ''): string =>
  `<Contents><Key>${key}</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified><ETag>&quot;e&quot;</ETag><Size>5</Size>${more}</Contents>`;

describe('parseListPage', () => {
  it('reads objects, cutting their times to seconds', () => {
    const { objects } = parseListPage(page(object('a', '<StorageClass>GLACIER</StorageClass>')));
    expect(objects).toEqual([
      { key: 'a', version: { etag: '"e"', size: 5, lastModified: 1767323045, storageClass: 'GLACIER' } },
    ]);
  });

  it('decodes keys and prefixes only where the server says that it has encoded them', () => {
    const inner = `${object('a%2Bb+c%0A')}<CommonPrefixes><Prefix>d%25/</Prefix></CommonPrefixes>`;
    const encoded = parseListPage(page(`<EncodingType>url</EncodingType>${inner}`));
    expect(encoded.objects[0]?.key).toBe('a+b c\n');
    expect(encoded.prefixes).toEqual(['d%/']);
    const plain = parseListPage(page(inner));
    expect(plain.objects[0]?.key).toBe('a%2Bb+c%0A');
    expect(plain.prefixes).toEqual(['d%25/']);
  });

  it('resolves references, named, decimal and hexadecimal', () => {
    expect(parseListPage(page(object('a&amp;b&lt;&#34;&#x1F680;'))).objects[0]?.key).toBe('a&b<"🚀');
  });

  it('puts quotes around ETags that come without', () => {
    const bare = object('a').replaceAll('&quot;', '');
    expect(parseListPage(page(bare)).objects[0]?.version.etag).toBe('"e"');
  });

  it('says how to go on, wherever the server puts that', () => {
    const truncated = '<IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1</NextContinuationToken>';
    expect(parseListPage(page(truncated + object('a'))).continuation).toBe('t&1');
    expect(parseListPage(page(object('a') + truncated)).continuation).toBe('t&1');
    expect(parseListPage(page(`<IsTruncated>false</IsTruncated>${object('a')}`)).continuation).toBeUndefined();
  });

  it('does not take a truncated listing without a token for a whole one', () => {
    expect(() => parseListPage(page(`<IsTruncated>true</IsTruncated>${object('a')}`))).toThrow(
      expect.objectContaining({ code: 'NotSupported' }),
    );
  });

  it('refuses what was cut off and what is something else', () => {
    for (const text of ['', '<html></html>', page(object('a')).slice(0, -10)]) {
      expect(() => parseListPage(text)).toThrow(expect.objectContaining({ code: 'Corrupt' }));
    }
  });

  it('reads an empty page', () => {
    expect(parseListPage(page('<KeyCount>0</KeyCount>'))).toEqual({ objects: [], prefixes: [] });
  });
});
