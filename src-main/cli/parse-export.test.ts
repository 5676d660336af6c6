import { describe, expect, it } from 'vitest';
import { parseExport, parseFolder } from './parse-export.ts';

describe('an export', () => {
  it.each([
    ['photos=my-bucket', { name: 'photos', bucket: 'my-bucket', prefix: '' }],
    ['photos=my-bucket/', { name: 'photos', bucket: 'my-bucket', prefix: '' }],
    ['photos=my-bucket/2026', { name: 'photos', bucket: 'my-bucket', prefix: '2026/' }],
    ['photos=my-bucket/2026/May/', { name: 'photos', bucket: 'my-bucket', prefix: '2026/May/' }],
    ['π r=my.bucket/a=b', { name: 'π r', bucket: 'my.bucket', prefix: 'a=b/' }],
    ['ap=my-point-abc123-s3alias', { name: 'ap', bucket: 'my-point-abc123-s3alias', prefix: '' }],
  ])('%s names a bucket and a prefix that ends in a slash', (text, expected) => {
    expect(parseExport(text)).toEqual(expected);
  });

  it.each([
    ['photos', 'NAME=BUCKET'],
    ['photos=', 'NAME=BUCKET'],
    ['', 'NAME=BUCKET'],
    ['=bucket', 'a name'],
    ['.=bucket', 'a name'],
    ['..=bucket', 'a name'],
    ['a/b=bucket', 'a name'],
    ['a\nb=bucket', 'a name'],
    [`${'ä'.repeat(128)}=bucket`, 'a name'],
    ['photos=/bucket', 'the name of a bucket'],
    ['photos=ab', 'the name of a bucket'],
    ['photos=my bucket', 'the name of a bucket'],
    ['photos=bucket//x', 'a prefix without'],
    ['photos=bucket/../x', 'a prefix without'],
    ['photos=arn:aws:s3:eu-west-1:123456789012:accesspoint/x', 'alias'],
  ])('%j is refused, because it needs %s', (text, reason) => {
    expect(() => parseExport(text)).toThrow(reason);
  });
});

describe('an exported folder', () => {
  it('is made absolute', () => {
    expect(parseFolder('scratch=data/a=b', '/srv')).toEqual({ name: 'scratch', folder: '/srv/data/a=b' });
    expect(parseFolder('scratch=/data/', '/srv')).toEqual({ name: 'scratch', folder: '/data' });
  });

  it.each(['scratch', 'scratch=', '=/data', 'a/b=/data'])('%j is refused', (text) => {
    expect(() => parseFolder(text, '/srv')).toThrow(/^needs/);
  });
});
