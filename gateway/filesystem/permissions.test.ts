import { describe, expect, it } from 'vitest';
import { inode } from '../staging/testing/staging-area.ts';
import type { InodeRecord } from '../staging/records.ts';
import type { Caller } from './caller.ts';
import { Access } from './file-system.ts';
import { accessBits, isKeptBySticky, isMember, mayExecute, mayRead, mayWrite } from './permissions.ts';

const caller = (uid: number, gid: number, ...gids: number[]): Caller => ({ uid, gid, gids, address: '127.0.0.1' });
const owned = (mode: number, type: InodeRecord['type'] = 'file'): InodeRecord => ({ ...inode(type, 'a'), mode });
const owner = caller(501, 1);
const member = caller(502, 20);
const other = caller(503, 1);
const root = caller(0, 0);

const may = (record: InodeRecord, who: Caller): string =>
  [mayRead(record, who) ? 'r' : '-', mayWrite(record, who) ? 'w' : '-', mayExecute(record, who) ? 'x' : '-'].join('');

describe('Permissions', () => {
  it('are those of the first class that a caller is in, even where another would grant more', () => {
    const record = owned(0o174);
    expect([owner, member, other].map((who) => may(record, who))).toEqual(['--x', 'rwx', 'r--']);
  });

  it('count supplementary groups', () => {
    expect(may(owned(0o070), caller(502, 1, 7, 20))).toBe('rwx');
    expect(isMember(caller(502, 1, 7, 20), 20)).toBe(true);
    expect(isMember(caller(502, 1, 7), 20)).toBe(false);
  });

  it('stop root only at executing what nobody may execute', () => {
    expect(may(owned(0), root)).toBe('rw-');
    expect(may(owned(0o001), root)).toBe('rwx');
    expect(may(owned(0, 'directory'), root)).toBe('rwx');
  });

  it('are told as the bits of ACCESS', () => {
    expect(accessBits(owned(0o700), owner, false)).toBe(Access.read | Access.modify | Access.extend | Access.execute);
    expect(accessBits(owned(0o700, 'directory'), owner, false)).toBe(
      Access.read | Access.lookup | Access.modify | Access.extend | Access.delete,
    );
    expect(accessBits(owned(0o600, 'directory'), owner, false)).toBe(Access.read | Access.modify | Access.extend);
    expect(accessBits(owned(0o700), other, false)).toBe(0);
  });

  it('to change are nobody’s in a read-only export, root’s neither', () => {
    expect(accessBits(owned(0o777), root, true)).toBe(Access.read | Access.execute);
  });

  it('keep entries of a sticky directory for their owner, the directory’s and root', () => {
    const directory = { ...owned(0o1777, 'directory'), uid: 7 };
    const kept = (who: Caller): boolean => isKeptBySticky(directory, owned(0o666), who);
    expect([owner, other, root, caller(7, 1)].map(kept)).toEqual([false, true, false, false]);
    expect(isKeptBySticky(owned(0o777, 'directory'), owned(0o666), other)).toBe(false);
  });
});
