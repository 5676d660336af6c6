import { describe, expect, it } from 'vitest';
import { recordedAttributes } from './recorded-attributes.ts';

describe('attributes in object metadata', () => {
  it.each([
    ['AWS', { 'file-mtime': '1577836800000000000ns', 'file-permissions': '0100600' }],
    ['AWS in milliseconds', { 'file-mtime': '1577836800999', 'file-permissions': '0100600' }],
    ['s3fs', { mtime: '1577836800.000000000', mode: '33152' }],
  ])('are read as %s writes them', (_who, metadata) => {
    expect(recordedAttributes(metadata)).toEqual({ mtime: 1_577_836_800, mode: 0o600 });
  });

  it('may be the time alone, as rclone writes it', () => {
    expect(recordedAttributes({ mtime: '1577836800.5' })).toEqual({ mtime: 1_577_836_800, mode: undefined });
  });

  it('may be absent', () => {
    expect(recordedAttributes({ other: '1' })).toEqual({ mtime: undefined, mode: undefined });
  });
});
