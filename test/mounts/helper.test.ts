/** assets/linux/windlass-mount, which mounts for users, with a real kernel and as root. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { lineOf } from '../lab/child.ts';
import { hostAddress, labNetwork, withLab, type Lab } from '../lab/lab.ts';
import { orReason } from '../lab/unavailable.ts';

const top = path.resolve(import.meta.dirname, '../..');
const helper = path.join(top, 'assets/linux/windlass-mount');
const guest = path.join(import.meta.dirname, 'guest');

/** A gateway for the guest's kernel, over folders, whose files are uid 1000's. */
async function startGateway(lab: Lab, folder: string): Promise<void> {
  await mkdir(path.join(folder, 'objects/deep'), { recursive: true });
  await mkdir(path.join(folder, 'odd'));
  await writeFile(path.join(folder, 'objects/deep/file'), 'content\n');
  const child = lab.spawn(
    process.execPath,
    [
      ...[path.join(top, 'src-main/cli/main.ts'), 'gateway', '--bind', `${hostAddress}:2049`, '--allow', labNetwork],
      ...['--folder', `drive=${folder}/objects`, '--folder', `a b\\c=${folder}/odd`, '--insecure-ports'],
      ...['--uid', '1000', '--gid', '1000', '--squash', 'none', '--log-level', 'warn'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, WINDLASS_HOME: path.join(folder, 'home') } },
  );
  await lineOf(child, /^ready \S+$/m, 60_000);
}

/** @returns the lines that the guest's script said */
async function runInGuest(): Promise<readonly string[]> {
  const script = await readFile(path.join(guest, 'helper.sh'), 'utf8');
  const folder = await mkdtemp(path.join(os.tmpdir(), 'windlass-helper-'));
  try {
    const { output } = await withLab(async (lab) => {
      await startGateway(lab, folder);
      return lab.runInGuest(script, {
        onLine: (line) => {
          if (process.env['WINDLASS_KERNEL_VERBOSE'] !== undefined) console.log(line);
        },
        binds: [path.dirname(helper), guest],
        env: { GATEWAY: hostAddress },
        timeout: 240,
      });
    });
    return output.split('\n');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('The mount helper', () => {
  it('is short enough to be read before it is trusted', async () => {
    expect((await readFile(helper, 'utf8')).trimEnd().split('\n').length).toBeLessThanOrEqual(100);
  });

  it(
    'mounts for a user what it may, refuses all else, and unmounts what it mounted alone',
    { timeout: 600_000 },
    async ({ skip }) => {
      const ran = await orReason(runInGuest);
      if ('reason' in ran) return skip(ran.reason);
      expect(ran.made.filter((line) => !line.startsWith('ok '))).toEqual([]);
      expect(ran.made.at(-1)).toBe('ok all-was-tried');
    },
  );
});
