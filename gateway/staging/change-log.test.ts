import { describe, expect, it } from 'vitest';
import type { ChangeLog } from './change-log.ts';
import { prefixesOf } from './change-log.ts';
import type { Change, Fileid } from './records.ts';
import { StagingArea } from './testing/staging-area.ts';

const exportId = 1;
const publish = (fileid: number, ...keys: string[]): Change => ({
  kind: 'publish',
  export: exportId,
  fileid: fileid as Fileid,
  keys,
});
const remove = (key: string, holder?: number): Change => ({
  kind: 'remove',
  export: exportId,
  keys: [key],
  key,
  etag: '"e"',
  ...(holder === undefined ? {} : { holder: holder as Fileid }),
});
const move = (from: string, to: string, phase: 'copy' | 'delete' = 'copy'): Change => ({
  kind: 'move-tree',
  export: exportId,
  fileid: 99 as Fileid,
  keys: [from, to],
  from,
  to,
  phase,
});

async function logOf(...entries: readonly Change[]): Promise<{ area: StagingArea; changes: ChangeLog; at: number[] }> {
  const area = await StagingArea.open();
  const at = area.database.transact(() => entries.map((change) => area.changes.append(change)));
  return { area, changes: area.changes, at };
}

describe('The change log', () => {
  it('keeps what is pending, in order, over a restart', async () => {
    const { area } = await logOf(publish(1, 'a'), remove('b'), move('c/', 'd/'));
    const again = await area.restart();
    expect([...again.changes.entries()].map(([, change]) => change.kind)).toEqual(['publish', 'remove', 'move-tree']);
    expect(again.changes.next).toBe(4);
  });

  it('never gives a sequence number twice', async () => {
    const { area, changes, at } = await logOf(publish(1, 'a'));
    area.database.transact(() => changes.complete(at[0] as number));
    const again = await area.restart();
    expect(again.database.transact(() => again.changes.append(remove('b')))).toBe(2);
  });

  it('tells what writes a key next, past what only reads it', async () => {
    const { changes, at } = await logOf(publish(1, 'a'), publish(2, 'b', 'a'), publish(3, 'a', 'c'), remove('b'));
    expect(changes.following(at[0] as number, 'a')?.sequence).toBe(at[2]);
    expect(changes.following(at[1] as number, 'b')?.sequence).toBe(at[3]);
    expect(changes.following(at[2] as number, 'a')).toBeUndefined();
    expect(at.map((sequence, index) => changes.isAlone(sequence, ['a', 'b', 'a', 'b'][index] as string))).toEqual(
      Array.from({ length: 4 }, () => false),
    );
  });

  it('tells whether a change is the only one of a key, whatever else reads it', async () => {
    const { changes, at } = await logOf(publish(1, 'a', 'b'), remove('b'), publish(2, 'c', 'b'));
    expect(changes.isAlone(at[1] as number, 'b')).toBe(true);
  });

  it('lets changes of different keys run side by side, and those of one key in order', async () => {
    const { area, changes, at } = await logOf(publish(1, 'a'), publish(2, 'b'), remove('a'));
    const [first, second, third] = at as [number, number, number];
    expect([first, second, third].map((sequence) => changes.blockerOf(sequence) !== undefined)).toEqual([
      false,
      false,
      true,
    ]);
    area.database.transact(() => changes.complete(first));
    expect(changes.blockerOf(third)).toBeUndefined();
  });

  it('keeps the place of a change that is replaced', async () => {
    const { area, changes, at } = await logOf(publish(1, 'a'), publish(2, 'b'));
    area.database.transact(() => changes.replace(at[0] as number, publish(1, 'b')));
    expect([...changes.entries()].map(([sequence]) => sequence)).toEqual(at);
    expect(changes.blockerOf(at[1] as number)).toBeDefined();
  });

  it('carries out publishes of one inode one after the other, whatever their keys', async () => {
    const { changes, at } = await logOf(publish(1, 'a'), publish(1, 'b'));
    expect(changes.blockerOf(at[1] as number)).toBeDefined();
  });

  it('gives no publish for more changes that has been started or begun before', async () => {
    const { area, changes, at } = await logOf(publish(1, 'a'));
    const [sequence] = at as [number];
    expect(changes.waitingPublish(1 as Fileid)?.sequence).toBe(sequence);
    changes.start(sequence);
    expect(changes.waitingPublish(1 as Fileid)).toBeUndefined();
    changes.halt(sequence);
    area.database.transact(() => changes.replace(sequence, { ...publish(1, 'a'), writeId: 'w' } as Change));
    expect(changes.waitingPublish(1 as Fileid)).toBeUndefined();
    expect(changes.isPublishPending(1 as Fileid)).toBe(true);
  });

  it('knows what is pending for a key and below a prefix', async () => {
    const { changes } = await logOf(publish(1, 'a/b/c'));
    expect(changes.isPending(exportId, 'a/b/c')).toBe(true);
    expect(changes.isPending(exportId, 'a/b')).toBe(false);
    expect(['a/', 'a/b/', 'a/b/c/', 'b/'].map((prefix) => changes.isPendingUnder(exportId, prefix))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(changes.isPending(2, 'a/b/c')).toBe(false);
  });

  describe('with a directory rename in it', () => {
    it('carries it out after what came before below either prefix', async () => {
      for (const key of ['old/a', 'new/a', 'old/']) {
        const { changes, at } = await logOf(publish(1, key), move('old/', 'new/'));
        expect(changes.blockerOf(at[1] as number), key).toBeDefined();
      }
      const { changes, at } = await logOf(publish(1, 'older/a'), move('old/', 'new/'));
      expect(changes.blockerOf(at[1] as number)).toBeUndefined();
    });

    it('lets nothing begin below either prefix, nor move a directory above, before it has copied', async () => {
      const { changes, at } = await logOf(
        move('x/old/', 'x/new/'),
        publish(1, 'x/new/a'),
        publish(2, 'x/old/a'),
        move('x/', 'y/'),
        publish(3, 'x/other'),
      );
      const blocked = at.map((sequence) => changes.blockerOf(sequence) !== undefined);
      expect(blocked).toEqual([false, true, true, true, true]);
    });

    it('lets what is below the new prefix begin once it has copied, and what is below the old one when it is over', async () => {
      const { area, changes, at } = await logOf(move('old/', 'new/'), publish(1, 'new/a'), publish(2, 'old/a'));
      const [first, second, third] = at as [number, number, number];
      area.database.transact(() => changes.replace(first, move('old/', 'new/', 'delete')));
      expect([second, third].map((sequence) => changes.blockerOf(sequence) !== undefined)).toEqual([false, true]);
      area.database.transact(() => changes.complete(first));
      expect(changes.blockerOf(third)).toBeUndefined();
    });

    it('finds keys where they still are until they have been copied', async () => {
      const { area, changes, at } = await logOf(move('old/', 'new/'));
      const now = changes.next;
      expect(changes.physical(exportId, { key: 'new/a', asOf: now })).toBe('old/a');
      expect(changes.physical(exportId, { key: 'other', asOf: now })).toBe('other');
      area.database.transact(() => changes.replace(at[0] as number, move('old/', 'new/', 'delete')));
      expect(changes.physical(exportId, { key: 'new/a', asOf: now })).toBe('new/a');
    });

    it('finds keys through nested renames', async () => {
      const { changes } = await logOf(move('a/', 'b/'), move('b/c/', 'd/'), move('d/', 'b/e/'));
      expect(changes.physical(exportId, { key: 'b/e/file', asOf: changes.next })).toBe('a/c/file');
      expect(changes.physical(exportId, { key: 'b/file', asOf: changes.next })).toBe('a/file');
    });

    it('takes a key as it was when it was written down', async () => {
      const { changes, at } = await logOf(move('a/', 'b/'), move('c/', 'a/'));
      const [first, second] = at as [number, number];
      expect(changes.physical(exportId, { key: 'a/file', asOf: first })).toBe('a/file');
      expect(changes.physical(exportId, { key: 'a/file', asOf: second + 1 })).toBe('c/file');
    });

    it('says what an old key has become, what a key was called before, and at which place', async () => {
      const { changes, at } = await logOf(move('a/', 'b/'), move('b/c/', 'd/'));
      const [first, second] = at as [number, number];
      expect(changes.logical(exportId, { key: 'a/c/file', asOf: first })).toBe('d/file');
      expect(changes.logical(exportId, { key: 'a/c/file', asOf: second })).toBe('a/c/file');
      expect(changes.aliases(exportId, 'd/file')).toEqual(['d/file', 'b/c/file', 'a/c/file']);
      expect(changes.keyAt(exportId, 'd/file', first)).toBe('b/c/file');
      expect(changes.keyAt(exportId, 'd/file', second)).toBe('d/file');
    });

    it('does not take a removal from before for one of the same name that came to be since', async () => {
      const { changes } = await logOf(remove('a/file', 7), move('a/', 'b/'));
      expect(changes.waitingRemove(exportId, 'a/file')).toBeUndefined();
      expect(changes.removalOf(exportId, 'b/file')).toMatchObject({ key: 'a/file', holder: 7 });
      const { changes: others } = await logOf(move('a/', 'b/'), remove('a/file', 7));
      expect(others.waitingRemove(exportId, 'a/file')).toMatchObject({ holder: 7 });
    });

    it('knows who will write a key next, by whatever name that was logged', async () => {
      const { changes } = await logOf(publish(1, 'a/file'), move('a/', 'b/'), publish(2, 'b/other'));
      expect([...changes.claimants(exportId, 'b/file')].map(({ fileid }) => fileid)).toEqual([1]);
      expect([...changes.claimants(exportId, 'b/other')].map(({ fileid }) => fileid)).toEqual([2]);
      expect([...changes.claimants(exportId, 'a/file')]).toEqual([]);
    });
  });

  it('tells a listing which keys were changed while it was under way', async () => {
    const { area, changes, at } = await logOf(publish(1, 'a/b'), move('c/', 'd/'));
    const watch = changes.watch(exportId);
    expect(watch.isTouched('a/b')).toBe(false);
    area.database.transact(() => at.forEach((sequence) => changes.complete(sequence)));
    expect([watch.isTouched('a/b'), watch.isTouchedUnder('a/'), watch.isTouched('a/c')]).toEqual([true, true, false]);
    expect([watch.isTouched('d/x'), watch.isTouchedUnder('d/x/')]).toEqual([true, true]);
    const later = changes.watch(exportId);
    expect(later.isTouched('a/b')).toBe(false);
    watch.end();
    later.end();
  });
});

describe('prefixesOf', () => {
  it('gives every directory above a key, and the key itself where it is one', () => {
    expect(prefixesOf('a/b/c')).toEqual(['a/', 'a/b/']);
    expect(prefixesOf('a/b/')).toEqual(['a/', 'a/b/']);
    expect(prefixesOf('a')).toEqual([]);
  });
});
