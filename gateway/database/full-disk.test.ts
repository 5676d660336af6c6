import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const namespace = ['--user', '--map-root-user', '--mount'];
const script = path.join(import.meta.dirname, 'testing/full-disk.ts');
const run = 'mount -t tmpfs -o size=4m full-disk "$1" && exec "$2" "$3" "$1"';

function canMount(): boolean {
  try {
    execFileSync('unshare', [...namespace, 'mount', '-t', 'tmpfs', 'full-disk', tmpdir()], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!canMount())('a database on a full disk (left out where no disk can be mounted in a namespace)', () => {
  it('says so, keeps what was changed in memory, and writes it once there is room', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'windlass-full-disk-'));
    try {
      const args = [...namespace, 'sh', '-c', run, 'sh', folder, process.execPath, script];
      const { stdout } = await promisify(execFile)('unshare', args);
      // LMDB says on standard output, too, what it could not write.
      expect(JSON.parse(stdout.slice(stdout.lastIndexOf('{'))) as unknown).toEqual({
        refused: 'NOSPC',
        required: 'NOSPC',
        again: 'NOSPC',
        visible: true,
        after: 'on the disk',
        kept: true,
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
