import { describe, expect, it } from 'vitest';
import { formatXattrs, parseXattrs, xattrsOf } from './xattr-metadata.ts';

describe('Extended attributes in the metadata of an object', () => {
  // As s3fs 1.95 writes it for `setfattr -n user.comment -v 'some text'`.
  const ofS3fs = '%7B%22user.comment%22%3A%22c29tZSB0ZXh0%22%7D';

  it('are those that s3fs has written', () => {
    expect(parseXattrs(ofS3fs)).toEqual({ 'user.comment': 'c29tZSB0ZXh0' });
  });

  it('are written as s3fs does, and not at all where there are none', () => {
    expect(formatXattrs({ 'user.comment': 'c29tZSB0ZXh0' })).toBe(ofS3fs);
    expect(formatXattrs({})).toBeUndefined();
  });

  it('are none where the header is something else', () => {
    for (const header of ['', 'text', '%', '%7B%22a%22%3A1%7D', '%7B%22a%22%3A%22!%22%7D', '%5B%5D'])
      expect(parseXattrs(header), header).toBeUndefined();
    expect(xattrsOf({ metadata: { user: { xattr: 'text' } } })).toEqual({});
  });

  it('are what was set last, whatever the object has', () => {
    expect(xattrsOf({ metadata: { user: { xattr: ofS3fs } } })).toEqual({ 'user.comment': 'c29tZSB0ZXh0' });
    expect(xattrsOf({ metadata: { user: { xattr: ofS3fs } }, xattrs: {} })).toEqual({});
  });
});
