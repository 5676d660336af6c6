import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasPosixMetadata, readPosixMetadata, writeIdKey, writePosixMetadata } from './posix-metadata.ts';
import type { InodeType } from './records.ts';
import { inode } from './testing/staging-area.ts';

const read = (user: Record<string, string>): ReturnType<typeof readPosixMetadata> => readPosixMetadata({ user });

describe('POSIX metadata', () => {
  it('come back as they were written', () => {
    const record = fc.record({
      type: fc.constantFrom<InodeType>('file', 'directory', 'symlink', 'fifo', 'socket', 'block', 'character'),
      mode: fc.integer({ min: 0, max: 0o7777 }),
      uid: fc.nat(2 ** 32 - 1),
      gid: fc.nat(2 ** 32 - 1),
      mtime: fc.bigInt({ min: -(10n ** 18n), max: 4n * 10n ** 18n }),
      atime: fc.bigInt({ min: -(10n ** 18n), max: 4n * 10n ** 18n }),
      device: fc.record({ major: fc.nat(2 ** 32 - 1), minor: fc.nat(2 ** 32 - 1) }),
    });
    fc.assert(
      fc.property(record, (attributes) => {
        const written = writePosixMetadata({ ...inode('file', 'a'), ...attributes }, { user: {} }, 'w');
        expect(readPosixMetadata(written)).toEqual(attributes);
        // Who knows only rclone's convention reads the same time.
        const { mtime } = written.user;
        expect(read({ mtime: mtime as string }).mtime).toBe(attributes.mtime);
      }),
    );
  });

  it('are written by the conventions of AWS and of rclone', () => {
    const { user } = writePosixMetadata({ ...inode('file', 'a'), mode: 0o640, atime: 5n }, { user: {} }, 'some id');
    expect(user).toEqual({
      'file-owner': '501',
      'file-group': '20',
      'file-permissions': '0100640',
      'file-mtime': '1700000000123456789ns',
      'file-atime': '5ns',
      mtime: '1700000000.123456789',
      'windlass-content': '0',
      [writeIdKey]: 'some id',
    });
    expect(writePosixMetadata(inode('directory', 'd'), { user: {} }, 'w').user['file-permissions']).toBe('0040644');
    expect(writePosixMetadata(inode('symlink', 'l'), { user: {} }, 'w').user['file-permissions']).toBe('0120644');
  });

  it('carry everything along that is no attribute, and no attribute in another convention', () => {
    const before = {
      user: { mode: '33188', uid: '1', 'goog-reserved-file-mtime': '5', custom: 'kept', [writeIdKey]: 'old' },
      contentType: 'text/plain',
      cacheControl: 'no-store',
      tags: { a: 'b' },
    };
    const written = writePosixMetadata(inode('file', 'a'), before, 'new');
    expect(written).toMatchObject({ contentType: 'text/plain', cacheControl: 'no-store', tags: { a: 'b' } });
    expect(written.user).toMatchObject({ custom: 'kept', [writeIdKey]: 'new' });
    expect(Object.keys(written.user)).not.toContain('mode');
    expect(Object.keys(written.user)).not.toContain('goog-reserved-file-mtime');
  });

  describe('of AWS', () => {
    it('have the type in octal permissions and times in nanoseconds', () => {
      const found = read({
        'file-owner': '1000',
        'file-group': '1001',
        'file-permissions': '0100755',
        'file-mtime': '1595002920000000001ns',
        'file-atime': '1595002921000000002ns',
        'user-agent': 'aws-fsx-lustre',
      });
      expect(found).toEqual({
        type: 'file',
        mode: 0o755,
        uid: 1000,
        gid: 1001,
        mtime: 1595002920000000001n,
        atime: 1595002921000000002n,
      });
      expect(read({ 'file-permissions': '0040755' }).type).toBe('directory');
      expect(read({ 'file-permissions': '0120777' }).type).toBe('symlink');
    });

    it('have times in milliseconds where the suffix is missing', () => {
      expect(read({ 'file-mtime': '1595002920123' }).mtime).toBe(1595002920123000000n);
    });
  });

  describe('of s3fs', () => {
    it('have the mode in decimal, type included', () => {
      const found = read({ mode: '33188', uid: '500', gid: '501', mtime: '1700000000' });
      expect(found).toEqual({ type: 'file', mode: 0o644, uid: 500, gid: 501, mtime: 1700000000n * 10n ** 9n });
      expect(read({ mode: '41471' }).type).toBe('symlink');
      expect(read({ mode: '16877' })).toEqual({ type: 'directory', mode: 0o755 });
    });

    it('have nanoseconds as a number behind the point', () => {
      expect(read({ mode: '33188', mtime: '1700000000.5' }).mtime).toBe(1700000000000000005n);
      expect(read({ mode: '33188', mtime: '1700000000.000000005' }).mtime).toBe(1700000000000000005n);
    });

    it('may be those of s3sync and of gsutil', () => {
      expect(read({ permissions: '644', owner: '7' })).toEqual({ mode: 0o644, uid: 7 });
      expect(read({ 'goog-reserved-posix-mode': '755', 'goog-reserved-file-mtime': '1700000000' })).toEqual({
        mode: 0o755,
        mtime: 1700000000n * 10n ** 9n,
      });
    });
  });

  it('of rclone are seconds with a decimal fraction', () => {
    expect(read({ mtime: '1700000000.5' })).toEqual({ mtime: 1700000000500000000n });
    expect(read({ mtime: '1700000000.123456789' }).mtime).toBe(1700000000123456789n);
    expect(read({ mtime: '1700000000' }).mtime).toBe(1700000000000000000n);
  });

  it('of GeeseFS have the target of a symlink', () => {
    expect(read({ '--symlink-target': '../elsewhere' })).toEqual({ type: 'symlink', target: '../elsewhere' });
  });

  it('are read in this order: AWS, s3fs, rclone', () => {
    const found = read({
      'file-permissions': '0100600',
      'file-owner': '1',
      'file-mtime': '5ns',
      mode: '33188',
      uid: '2',
      gid: '3',
      mtime: '7',
    });
    expect(found).toEqual({ type: 'file', mode: 0o600, uid: 1, gid: 3, mtime: 5n });
  });

  it('that nobody can read count as absent', () => {
    const nonsense = { 'file-permissions': '0999', mode: 'rw-r--r--', uid: '-1', gid: '4294967296', mtime: 'today' };
    expect(read(nonsense)).toEqual({});
    expect(read({ 'file-permissions': 'x', mode: '33188' }).mode).toBe(0o644);
  });

  it('make an export one with POSIX metadata by owner, mode or type, and not by a time alone', () => {
    expect(hasPosixMetadata({ user: { mtime: '1700000000.5' } })).toBe(false);
    expect(hasPosixMetadata({ user: { custom: 'x' } })).toBe(false);
    const telling: readonly Record<string, string>[] = [
      { 'file-owner': '1' },
      { mode: '33188' },
      { gid: '5' },
      { '--symlink-target': 'a' },
    ];
    for (const user of telling) expect(hasPosixMetadata({ user })).toBe(true);
  });
});
