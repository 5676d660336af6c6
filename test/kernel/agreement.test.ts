import { describe, expect, it } from 'vitest';
import { type Entry, type StoredObject, differences } from './agreement.ts';

const sha256 = (text: string): string => `sha256 of ${text}`;

const file: Entry = {
  path: 'a/b',
  type: 'file',
  permissions: 0o644,
  uid: 0,
  gid: 5,
  size: 1,
  mtime: '1500000000123456789',
  sha256: sha256('x'),
};

const object: StoredObject = {
  size: 1,
  sha256: sha256('x'),
  metadata: {
    'file-permissions': '0100644',
    'file-owner': '0',
    'file-group': '5',
    'file-mtime': '1500000000123456789ns',
    mtime: '1500000000.123456789',
  },
};

const compare = (entries: readonly Entry[], objects: Record<string, StoredObject>, ...foreign: string[]) =>
  differences(entries, new Map(Object.entries(objects)), new Set(foreign), sha256);

describe('comparing a mount with S3', () => {
  it('finds nothing where they agree', () => {
    const link: Entry = { ...file, path: 'link', type: 'symlink', permissions: 0o777, target: 'a/b' };
    const stored = {
      ...object,
      sha256: sha256('a/b'),
      metadata: { ...object.metadata, 'file-permissions': '0120777' },
    };
    expect(compare([{ ...file, path: 'a', type: 'directory' }, file, link], { 'a/b': object, link: stored })).toEqual(
      [],
    );
  });

  it('finds objects that are missing, and ones that are too many', () => {
    expect(compare([file, { ...file, path: 'd', type: 'directory' }], { other: object })).toEqual([
      '"a/b": not in S3',
      '"d/": not in S3',
      '"other": only in S3',
    ]);
  });

  it('finds other bytes', () => {
    expect(compare([file], { 'a/b': { ...object, sha256: 'another' } })).toHaveLength(1);
  });

  it('finds other metadata', () => {
    const metadata = { ...object.metadata, 'file-permissions': '0100600', mtime: '1500000000' };
    expect(compare([file], { 'a/b': { ...object, metadata } })).toEqual([
      '"a/b": metadata file-permissions is 0100600, not 0100644',
      '"a/b": metadata mtime is 1500000000, not 1500000000123456789 ns',
    ]);
  });

  it('expects no metadata of objects that others have put there, and of these alone', () => {
    const bare = { ...object, metadata: {} };
    expect(compare([file], { 'a/b': bare }, 'a/b')).toEqual([]);
    expect(compare([file], { 'a/b': bare })).not.toEqual([]);
  });
});
