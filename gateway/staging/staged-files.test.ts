import { describe, expect, it } from 'vitest';
import type { Fileid } from './records.ts';
import { StagingArea } from './testing/staging-area.ts';

/** What is staged of a file, holes as dots. */
async function contentOf({ files, segments, tree }: StagingArea, fileid: Fileid): Promise<string> {
  const { size } = tree.require(fileid);
  const pieces = [...(files.get(fileid)?.extents.pieces(0, size) ?? [])].map(async ({ extent, length }) => {
    if (extent === undefined || 'zeros' in extent) return '.'.repeat(length);
    return 'loan' in extent ? '$'.repeat(length) : (await segments.read(extent, length)).toString();
  });
  return (await Promise.all(pieces)).join('');
}

const write = async (area: StagingArea, fileid: Fileid, offset: number, text: string): Promise<void> => {
  await area.files.write(fileid, offset, Buffer.from(text));
};

describe('A staged file', () => {
  it('is its writes over holes', async () => {
    const area = await StagingArea.open();
    const file = area.add('file', 'a');
    await write(area, file, 3, 'abcdef');
    await write(area, file, 5, 'XY');
    await write(area, file, 11, 'end');
    expect(await contentOf(area, file)).toBe('...abXYef..end');
    expect(area.tree.require(file).size).toBe(14);
  });

  it('is cut and extended with a hole', async () => {
    const area = await StagingArea.open();
    const file = area.add('file', 'a');
    await write(area, file, 0, 'abcdef');
    area.files.require(file).truncate(3);
    area.files.require(file).truncate(6);
    expect(await contentOf(area, file)).toBe('abc...');
  });

  it('has after a crash what was committed, and nothing of what came later', async () => {
    const area = await StagingArea.open();
    const file = area.add('file', 'a');
    await write(area, file, 0, 'committed');
    await area.files.require(file).commit();
    const { change } = area.tree.require(file);
    await write(area, file, 0, 'LOST');
    await write(area, file, 20, 'lost too');
    const after = await area.restart();
    expect(await contentOf(after, file)).toBe('committed');
    expect(after.tree.require(file)).toMatchObject({ size: 9, change });
  });

  it('is committed bit by bit as a whole', async () => {
    const area = await StagingArea.open();
    const file = area.add('file', 'a');
    for (const [offset, text] of [
      [0, 'aaaaaaaaaa'],
      [2, 'bb'],
      [6, 'cc'],
      [3, 'dddd'],
      [10, 'eeee'],
    ] as const) {
      await write(area, file, offset, text);
      await area.files.require(file).commit();
    }
    area.files.require(file).truncate(12);
    await area.files.require(file).commit();
    expect(await contentOf(await area.restart(), file)).toBe('aabddddcaaee');
  });

  it('is on the disk for everybody who commits it while somebody else does', async () => {
    const area = await StagingArea.open();
    const file = area.add('file', 'a');
    await write(area, file, 0, 'mine');
    const first = area.files.require(file).commit();
    // Nothing is left to be done for this one, but what it waits for is not done yet.
    let isOver = false;
    void first.then(() => (isOver = true));
    await area.files.require(file).commit();
    expect(isOver).toBe(true);
  });

  it('frozen is not touched by later writes, and its bytes stay until it has ended', async () => {
    const area = await StagingArea.open();
    const file = area.add('file', 'a');
    await write(area, file, 0, 'generation one');
    const frozen = await area.files.require(file).freeze();
    await write(area, file, 11, 'two and more');
    await area.files.require(file).commit();
    const [extent] = frozen?.extents.list ?? [];
    expect(frozen?.size).toBe(14);
    expect((await area.segments.read(extent as never, 14)).toString()).toBe('generation one');
    expect(await contentOf(area, file)).toBe('generation two and more');
    expect(area.tree.require(file).staged?.generation).toBeGreaterThan(frozen?.generation as number);
    expect(area.segments.liveBytes).toBe(26);
    frozen?.end();
    await write(area, file, 0, 'G');
    await area.files.require(file).commit();
    expect(area.segments.liveBytes).toBe(23);
  });

  it('frozen while it is being written is all of one generation, attributes included', async () => {
    const area = await StagingArea.open();
    const file = area.add('file', 'a');
    await write(area, file, 0, 'first');
    const freezing = area.files.require(file).freeze();
    await write(area, file, 5, ' second');
    const frozen = await freezing;
    expect(frozen?.extents.list.reduce((sum, { length }) => sum + length, 0)).toBe(frozen?.size);
    expect(frozen?.record.size).toBe(frozen?.size);
    frozen?.end();
  });

  it('that was uploaded while bytes came in has them all the same', async () => {
    const area = await StagingArea.open();
    const file = area.add('file', 'a');
    await write(area, file, 0, 'uploaded');
    await area.files.require(file).commit();
    const writing = write(area, file, 0, 'later');
    // What the upload queue does when the store has confirmed the last generation.
    area.database.transact(() => {
      area.tree.update(file, { staged: undefined });
      area.files.drop(file);
    });
    await writing;
    expect((await contentOf(area, file)).slice(0, 5)).toBe('later');
    expect(area.tree.require(file).staged).toBeDefined();
  });

  it('takes bytes of its object in only where nothing was written since', async () => {
    const area = await StagingArea.open();
    const version = { etag: '"e"', size: 10, lastModified: 0 };
    const file = area.add('file', 'a', undefined, { size: 10, object: { version } });
    await write(area, file, 2, 'NEW');
    area.files.require(file).truncate(8);
    area.files.require(file).truncate(10);
    await area.files.require(file).absorb(0, Buffer.from('0123456789'));
    expect(await contentOf(area, file)).toBe('01NEW567..');
    await area.files.require(file).commit();
    expect(area.segments.liveBytes).toBe(8);
  });

  it('that is dropped leaves nothing behind', async () => {
    const area = await StagingArea.open();
    const file = area.add('file', 'a');
    await write(area, file, 0, 'gone');
    await area.files.require(file).commit();
    area.database.transact(() => {
      area.files.drop(file);
      area.tree.unlink(area.tree.require(file).parent as Fileid, 'a');
      area.tree.drop(file);
    });
    await expect.poll(() => area.segments.liveBytes).toBe(0);
    await write(area, file, 0, 'nobody');
    expect(area.segments.liveBytes).toBe(0);
    const after = await area.restart();
    expect(after.segments.liveBytes).toBe(0);
    expect(after.files.get(file)).toBeUndefined();
  });

  it('keeps times that are set while it is being committed', async () => {
    const area = await StagingArea.open();
    const file = area.add('file', 'a');
    await write(area, file, 0, 'bytes');
    const committing = area.files.require(file).commit();
    area.database.transact(() => area.tree.update(file, { mtime: 42n }));
    await committing;
    const after = await area.restart();
    expect(after.tree.require(file).mtime).toBe(42n);
  });

  it('keeps zeros and loans over a restart, and lets go of a loan with the last byte of it', async () => {
    const area = await StagingArea.open();
    const file = area.add('file', 'a');
    const object = { version: { etag: '"1"', size: 6, lastModified: 0 }, at: { key: 'b', asOf: 1 } };
    const loan = area.database.transact(() => area.loans.take({ export: 1, borrower: file, object }, 6));
    area.files.require(file).write({ offset: 0, length: 6, loan, position: 0 });
    area.files.require(file).write({ offset: 2, length: 3, zeros: true });
    await area.files.require(file).commit();
    const later = await area.restart();
    expect(await contentOf(later, file)).toBe('$$...$');
    expect(later.loans.require(loan).object).toEqual(object);
    later.files.require(file).truncate(0);
    await later.files.require(file).commit();
    expect(later.loans.size).toBe(0);
  });

  it('forgets a loan that no extent has reached the disk for', async () => {
    const area = await StagingArea.open();
    const file = area.add('file', 'a');
    const object = { version: { etag: '"1"', size: 6, lastModified: 0 }, at: { key: 'b', asOf: 1 } };
    area.database.transact(() => area.loans.take({ export: 1, borrower: file, object }, 6));
    expect((await area.restart()).loans.size).toBe(0);
  });
});
