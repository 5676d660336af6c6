import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Location } from './extents.ts';
import { Segments } from './segments.ts';

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'windlass-segments-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

const text = (from: Segments, at: Location, length: number): Promise<string> =>
  from.read(at, length).then((bytes) => bytes.toString());

describe('Segments', () => {
  it('give back what was appended', async () => {
    const segments = await Segments.open(await folder(), []);
    const first = await segments.append(Buffer.from('first'));
    const second = await segments.append(Buffer.from('second'));
    expect([await text(segments, first, 5), await text(segments, second, 6)]).toEqual(['first', 'second']);
    expect(await text(segments, { ...second, position: second.position + 1 }, 3)).toBe('eco');
    await segments.close();
  });

  it('never write one piece across two files, also when many come at once', async () => {
    const at = await folder();
    const segments = await Segments.open(at, [], 100);
    const places = await Promise.all(
      Array.from({ length: 12 }, (_, i) => segments.append(Buffer.alloc(30, `${i % 10}`))),
    );
    expect(await Promise.all(places.map((place) => text(segments, place, 30)))).toEqual(
      Array.from({ length: 12 }, (_, i) => `${i % 10}`.repeat(30)),
    );
    for (const name of await readdir(at)) expect((await stat(path.join(at, name))).size).toBeLessThanOrEqual(100);
    expect(await readdir(at)).toHaveLength(4);
    await segments.close();
  });

  it('are private to the user', async () => {
    const at = await folder();
    const segments = await Segments.open(at, []);
    await segments.append(Buffer.from('secret'));
    expect((await stat(path.join(at, '1.segment'))).mode & 0o777).toBe(0o600);
    await segments.close();
  });

  it('delete a file that is full and has nothing left that anybody refers to', async () => {
    const at = await folder();
    const segments = await Segments.open(at, [], 100);
    const first = await segments.append(Buffer.alloc(60));
    const second = await segments.append(Buffer.alloc(60));
    segments.release(first, 30);
    expect((await readdir(at)).sort()).toEqual(['1.segment', '2.segment']);
    segments.release({ ...first, position: 30 }, 30);
    await vi.waitFor(async () => expect(await readdir(at)).toEqual(['2.segment']));
    segments.release(second, 60);
    expect(segments.liveBytes).toBe(0);
    // It is still written to.
    expect(await readdir(at)).toEqual(['2.segment']);
    await segments.close();
  });

  it('keep after a restart what the database refers to, and delete the rest', async () => {
    const at = await folder();
    const before = await Segments.open(at, [], 100);
    const kept = await before.append(Buffer.from('x'.repeat(80)));
    await before.append(Buffer.alloc(80));
    await before.close();
    const after = await Segments.open(at, [{ ...kept, length: 80 }], 100);
    expect(await readdir(at)).toEqual(['1.segment']);
    expect(await text(after, kept, 80)).toBe('x'.repeat(80));
    expect(after.liveBytes).toBe(80);
    const next = await after.append(Buffer.from('new'));
    expect(next.segment).toBeGreaterThan(1);
    after.release(kept, 80);
    await vi.waitFor(async () => expect(await readdir(at)).toEqual([`${next.segment}.segment`]));
    await after.close();
  });

  it('refuse to start without a file that the database refers to, and delete nothing', async () => {
    const at = await folder();
    const referred = [{ segment: 7, position: 0, length: 10 }];
    await expect(Segments.open(at, referred)).rejects.toThrow(expect.objectContaining({ name: 'StagingError' }));
    await expect(Segments.open(at, referred)).rejects.toThrow('7.segment');
  });

  it('say that bytes are gone which nobody refers to any more', async () => {
    const segments = await Segments.open(await folder(), [], 10);
    const first = await segments.append(Buffer.alloc(10));
    await segments.append(Buffer.alloc(10));
    segments.release(first, 10);
    await expect(segments.read(first, 10)).rejects.toThrow(expect.objectContaining({ name: 'StagingError' }));
    await segments.close();
  });

  it('bring everything that was appended before to the disk, for all that ask at the same time', async () => {
    const segments = await Segments.open(await folder(), []);
    await segments.append(Buffer.from('one'));
    const first = segments.sync();
    await segments.append(Buffer.from('two'));
    await Promise.all([first, segments.sync(), segments.sync()]);
    await segments.sync();
    await segments.close();
  });
});
