import { expect, it } from 'vitest';
import { FileSystemError } from '../filesystem/errors.ts';
import { Nfs3Status } from './codec/status.ts';
import { isExpected, statusOf } from './errors.ts';
import { Nfs3Error } from './nfs3-error.ts';

it.each([
  ['DELAY', Nfs3Status.JUKEBOX],
  ['ACCESS', Nfs3Status.ACCES],
  ['SYMLINK', Nfs3Status.INVAL],
  ['NOTSYNC', Nfs3Status.NOT_SYNC],
] as const)('%s becomes %d', (code, status) => {
  expect(statusOf(new FileSystemError(code))).toBe(status);
});

it('what nobody expected is SERVERFAULT', () => {
  expect([statusOf(new TypeError()), isExpected(new TypeError())]).toEqual([Nfs3Status.SERVERFAULT, false]);
  const own = new Nfs3Error(Nfs3Status.BADTYPE);
  expect([statusOf(own), isExpected(own)]).toEqual([Nfs3Status.BADTYPE, true]);
});
