import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasCommand } from '../../lab/machine.ts';
import { workloads } from './index.ts';
import { bytesOf, type Workload } from './workload.ts';

const run = promisify(execFile);

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windlass-workloads-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs a workload on a local folder in place of a mounted bucket. */
async function runLocally({ before, earlier = '', setUp = '', script }: Workload): Promise<string> {
  for (const [key, content] of Object.entries(before)) {
    await mkdir(dirname(join(folder, 'bucket', `${key}x`)), { recursive: true });
    if (!key.endsWith('/')) await writeFile(join(folder, 'bucket', key), bytesOf(content));
  }
  const env = { ...process.env, LC_ALL: 'C', SCRATCH: join(folder, 'scratch'), DIRECTORY: join(folder, 'bucket/work') };
  await mkdir(env.SCRATCH);
  for (const first of [earlier, setUp]) await run('sh', ['-euc', first], { env });
  const { stdout } = await run('sh', ['-euc', script], { env });
  return stdout.trimEnd();
}

async function keys(): Promise<string[]> {
  const entries = await readdir(join(folder, 'bucket'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(join(folder, 'bucket/').length)).toSorted();
}

describe('a workload', () => {
  for (const workload of workloads) {
    const [program = ''] = workload.script.split(' ');
    const missing = !hasCommand('sh') || (['git', 'rsync', 'tar'].includes(program) && !hasCommand(program));
    it.skipIf(missing)(`leaves on a local disk what it says that it leaves: ${workload.title}`, async () => {
      const printed = await runLocally(workload);
      if (workload.output !== undefined) expect(printed).toBe(workload.output());
      const { unchecked } = workload;
      const checked = (await keys()).filter((key) => unchecked === undefined || !key.startsWith(unchecked));
      expect(checked).toEqual(Object.keys(workload.after).toSorted());
      for (const [key, content] of Object.entries(workload.after)) {
        const bytes = await readFile(join(folder, 'bucket', key));
        expect(bytes.equals(bytesOf(content)), `${key} holds what it must`).toBe(true);
      }
      for (const [key, { mtime, mode }] of Object.entries(workload.attributes ?? {})) {
        const found = await stat(join(folder, 'bucket', key));
        expect([Math.floor(found.mtimeMs / 1000), found.mode & 0o7777]).toEqual([mtime, mode]);
      }
    });
  }

  it('has a name of its own that a bucket can bear', () => {
    const names = workloads.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z][a-z-]+$/.test(name))).toEqual([]);
  });
});
