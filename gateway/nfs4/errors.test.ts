import { describe, expect, it } from 'vitest';
import { FileSystemError } from '../filesystem/errors.ts';
import { XdrError } from '../rpc/xdr.ts';
import { statusName, Nfs4Status } from './codec/status.ts';
import { isExpected, statusOf } from './errors.ts';
import { Nfs4Error } from './operation.ts';

describe('the status of an exception', () => {
  it.each([
    ['NOENT', 'NOENT', 'NOENT'],
    ['SYMLINK', 'SYMLINK', 'SYMLINK'],
    ['WRONGTYPE', 'SYMLINK', 'WRONG_TYPE'],
    ['BADCOOKIE', 'BAD_COOKIE', 'BAD_COOKIE'],
    ['BUSY', 'FILE_OPEN', 'FILE_OPEN'],
    ['DELAY', 'DELAY', 'DELAY'],
  ] as const)('of a file system’s %s is %s in 4.0 and %s later', (code, in40, later) => {
    const error = new FileSystemError(code);
    expect([0, 1, 2].map((minorVersion) => statusName(statusOf(error, minorVersion as 0 | 1 | 2)))).toEqual([
      in40,
      later,
      later,
    ]);
  });

  it('is its own for an operation’s refusal, BADXDR for undecodable bytes, SERVERFAULT for a fault', () => {
    expect(statusOf(new Nfs4Error(Nfs4Status.SAME), 1)).toBe(Nfs4Status.SAME);
    expect(statusOf(new XdrError('short'), 1)).toBe(Nfs4Status.BADXDR);
    expect(statusOf(new TypeError('fault'), 1)).toBe(Nfs4Status.SERVERFAULT);
    expect([new XdrError(''), new TypeError('fault'), 'thrown'].map(isExpected)).toEqual([true, false, false]);
  });
});
