import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { silentLog, type Log } from '../log.ts';
import { blockSize, digestOf } from './blocks.ts';
import { DiskBlocks, type DiskBlocksOptions } from './disk-blocks.ts';

const MiB = 1024 * 1024;
const digest = digestOf('an object');

let folder: string;
beforeEach(async () => {
  const top = await mkdtemp(path.join(tmpdir(), 'windlass-cache-'));
  folder = path.join(top, 'cache');
  return () => rm(top, { recursive: true, force: true });
});

async function openBlocks(options: Partial<DiskBlocksOptions> = {}): Promise<DiskBlocks> {
  const blocks = await DiskBlocks.open({ folder, bytes: 64 * MiB, log: silentLog, ...options });
  if (blocks === undefined) throw new Error('the folder cannot be used');
  await blocks.loaded;
  onTestFinished(() => blocks.close());
  return blocks;
}

/** Writes as much as is asked for, however slow the disk is. */
async function fill(blocks: DiskBlocks, count: number, size = blockSize, first = 0): Promise<Buffer[]> {
  const written: Buffer[] = [];
  for (let index = first; index < first + count; index++) {
    const block = randomBytes(size);
    blocks.write(digest, index, block);
    written.push(block);
    await blocks.written();
  }
  return written;
}

const packFiles = async (): Promise<string[]> => (await readdir(folder)).map((name) => path.join(folder, name));

async function bytesOnDisk(): Promise<number> {
  const sizes = await Promise.all((await packFiles()).map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe('Blocks on the disk', () => {
  it('are read back as they were written, at once and once they are in the file', async () => {
    const blocks = await openBlocks();
    const [a, b] = [randomBytes(blockSize), randomBytes(1000)];
    blocks.write(digest, 0, a);
    blocks.write(digest, 7, b);
    expect(await blocks.read(digest, 0, a.length)).toEqual(a);
    await blocks.written();
    expect(await blocks.read(digest, 0, a.length)).toEqual(a);
    expect(await blocks.read(digest, 7, b.length)).toEqual(b);
    expect(blocks.has(digest, 1)).toBe(false);
    expect(await blocks.read(digestOf('another'), 0, a.length)).toBeUndefined();
  });

  it('are readable by their owner alone', async () => {
    await fill(await openBlocks(), 1);
    const [file] = await packFiles();
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(file as string)).mode & 0o777).toBe(0o600);
  });

  it.each(['closed', 'killed'] as const)('are there again after a restart of a gateway that was %s', async (how) => {
    const before = await openBlocks();
    const written = await fill(before, 20);
    if (how === 'closed') await before.close();
    const copy = `${folder}-copy`;
    await cp(folder, copy, { recursive: true });
    const after = await openBlocks({ folder: copy });
    for (const [index, block] of written.entries()) expect(await after.read(digest, index, blockSize)).toEqual(block);
  });

  it('take no more room than they may', async () => {
    const blocks = await openBlocks({ bytes: 16 * MiB });
    const written = await fill(blocks, 200);
    await blocks.close();
    expect(await bytesOnDisk()).toBeLessThanOrEqual(16 * MiB);
    const after = await openBlocks({ bytes: 16 * MiB });
    expect(await after.read(digest, 199, blockSize)).toEqual(written[199]);
    expect(after.has(digest, 0)).toBe(false);
  });

  it('fit a smaller room after a restart', async () => {
    const blocks = await openBlocks({ bytes: 64 * MiB });
    await fill(blocks, 120);
    await blocks.close();
    const after = await openBlocks({ bytes: 16 * MiB });
    await after.close();
    expect(await bytesOnDisk()).toBeLessThanOrEqual(16 * MiB);
  });

  it('stay longer when they are read', async () => {
    const blocks = await openBlocks({ bytes: 16 * MiB });
    const [first] = await fill(blocks, 1);
    for (let round = 1; round < 40; round++) {
      expect(await blocks.read(digest, 0, blockSize)).toEqual(first);
      await fill(blocks, 5, blockSize, round * 5);
    }
  });

  it('are no more than may be, small ones too, in few files', async () => {
    const blocks = await openBlocks({ bytes: 8 * MiB, maxBlocks: 1000 });
    await fill(blocks, 5000, 100);
    let kept = 0;
    for (let index = 0; index < 5000; index++) if (blocks.has(digest, index)) kept++;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThanOrEqual(1000);
    expect((await packFiles()).length).toBeLessThanOrEqual(64);
  });

  it.each([
    ['changed', (bytes: Buffer) => (bytes.writeUInt8(bytes.readUInt8(blockSize / 2) ^ 1, blockSize / 2), bytes)],
    ['zeros', (bytes: Buffer) => bytes.fill(0, 0, blockSize + 64)],
    ['cut off', (bytes: Buffer) => bytes.subarray(0, 1000)],
    ['another block', (bytes: Buffer) => (bytes.copy(bytes, 0, blockSize + 64, 2 * (blockSize + 64)), bytes)],
  ])('are missed when they are %s', async (_what, damage) => {
    const before = await openBlocks();
    await fill(before, 3);
    await before.close();
    const [file] = await packFiles();
    await writeFile(file as string, damage(await readFile(file as string)));
    const after = await openBlocks();
    expect(await after.read(digest, 0, blockSize)).toBeUndefined();
    expect(after.has(digest, 0)).toBe(false);
  });

  it('that lie before the place where a crash tore the file are kept', async () => {
    const before = await openBlocks();
    const written = await fill(before, 3);
    const copy = `${folder}-copy`;
    await cp(folder, copy, { recursive: true });
    await truncate(path.join(copy, '1.blocks'), 2 * (blockSize + 64) + 5000);
    const after = await openBlocks({ folder: copy });
    expect(await after.read(digest, 1, blockSize)).toEqual(written[1]);
    expect(await after.read(digest, 2, blockSize)).toBeUndefined();
  });

  it('are done without where the folder cannot be made', async () => {
    await writeFile(folder, 'a file');
    const warnings: string[] = [];
    const log: Log = { ...silentLog, warn: (_fields, message) => void warnings.push(message) };
    expect(await DiskBlocks.open({ folder, bytes: MiB, log })).toBeUndefined();
    expect(warnings).toEqual(['The cache folder cannot be used: nothing is cached on the disk.']);
  });

  it('are fewer, with a warning, when the disk refuses them, and more again afterwards', async () => {
    const warnings: string[] = [];
    const log: Log = { ...silentLog, warn: (_fields, message) => void warnings.push(message) };
    const blocks = await openBlocks({ log, pause: 0 });
    await fill(blocks, 1);
    // Not even root can make a file in a folder that is gone.
    await rm(folder, { recursive: true });
    await fill(blocks, 20, MiB / 4, 1);
    expect(warnings.length).toBeGreaterThan(0);
    await (await openBlocks()).close();
    const [block] = await fill(blocks, 1, blockSize, 100);
    expect(await blocks.read(digest, 100, blockSize)).toEqual(block);
  });
});
