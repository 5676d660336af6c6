import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CommandLine, Outcome } from './command-line.ts';
import type { MountCommands, UnmountForce } from './mounter.ts';
import { prepareMountPoint } from './mount-point.ts';
import { SystemMounter } from './system-mounter.ts';

const request = { port: 2049, exportPath: '/x', mountPoint: '/mnt/x', readOnly: false, metadataTtl: 10 };
const good: Outcome = { status: 0, stdout: '', stderr: '', timedOut: false, missing: false };

/** A system whose mount table is a list, and whose programs do what the test says. */
class FakeSystem {
  readonly mounts: string[] = [];
  readonly ran: string[] = [];
  answer: (action: string) => Partial<Outcome> = () => ({});
  readonly mounter: SystemMounter;

  constructor(more: Partial<MountCommands> = {}) {
    const command = (...args: string[]): CommandLine => ({ program: 'mount', args, timeLimit: 1000 });
    const commands: MountCommands = {
      mount: ({ mountPoint }) => command('mount', mountPoint),
      unmount: (mountPoint: string, force: UnmountForce) => command(force, mountPoint),
      table: command('table'),
      parseTable: (text) =>
        text
          .split('\n')
          .filter(Boolean)
          .map((mountPoint) => ({ mountPoint, source: '127.0.0.1:/x', type: 'nfs4', device: '0:7' })),
      ...more,
    };
    this.mounter = new SystemMounter('linux', commands, ({ args: [action = '', mountPoint = ''] }) => {
      if (action === 'table') return Promise.resolve({ ...good, stdout: this.mounts.join('\n') });
      this.ran.push(action);
      const outcome = { ...good, ...this.answer(action) };
      if (outcome.status === 0 && action === 'mount') this.mounts.push(mountPoint);
      else if (outcome.status === 0) this.mounts.splice(0);
      return Promise.resolve(outcome);
    });
  }
}

const problem = (code: string) =>
  expect.objectContaining({ problem: expect.objectContaining({ code }) as unknown }) as Error;

describe('The mounter', () => {
  it('is done when the mount is in the table', async () => {
    const system = new FakeSystem();
    expect(await system.mounter.mount(request)).toMatchObject({ mountPoint: '/mnt/x' });
  });

  it('bounds what may wait to be written to it', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'windlass-bdi-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(path.join(folder, 'max_ratio'), '100\n');
    const system = new FakeSystem({
      limits: (device) => ['max_ratio', 'missing'].map((name) => ({ file: path.join(folder, name), value: device })),
    });
    await system.mounter.mount(request);
    expect(await readFile(path.join(folder, 'max_ratio'), 'utf8')).toMatch(/^0:7/);
    expect(await readdir(folder)).toEqual(['max_ratio']);
  });

  it.each<[string, Partial<Outcome>, string]>([
    ['has no NFS client', { missing: true }, 'not-able'],
    ['hangs', { timedOut: true }, 'time-limit'],
    ['says that only root can', { stderr: 'mount.nfs: must be superuser to use mount' }, 'not-able'],
    ['says that the kernel cannot', { stderr: "mount: unknown filesystem type 'nfs4'." }, 'not-able'],
    [
      'finds no helper',
      { status: 127, stderr: 'Cannot run program /usr/libexec/windlass/windlass-mount: No such file' },
      'not-able',
    ],
    [
      'is not allowed to users',
      { status: 127, stderr: 'Error executing command as another user: Not authorized' },
      'not-able',
    ],
    ['gets no answer', { stderr: 'mount.nfs: Connection refused' }, 'gateway'],
    ['is refused', { stderr: 'mount.nfs: access denied by server while mounting' }, 'mount-failed'],
    ['says something new', { stderr: 'mount.nfs: the moon is full' }, 'mount-failed'],
  ])('that %s says what to do', async (_what, outcome, code) => {
    const system = new FakeSystem();
    system.answer = () => ({ status: undefined, ...outcome });
    await expect(system.mounter.mount(request)).rejects.toThrow(problem(code));
  });

  it('unmounts no harder than it has to', async () => {
    const system = new FakeSystem();
    system.mounts.push('/mnt/x');
    await system.mounter.unmount('/mnt/x', 'lazy');
    expect(system.ran).toEqual(['ask']);
  });

  it('goes on to force where it may', async () => {
    const system = new FakeSystem();
    system.mounts.push('/mnt/x');
    system.answer = (action) => (action === 'lazy' ? {} : { status: 32, stderr: 'target is busy' });
    await system.mounter.unmount('/mnt/x', 'lazy');
    expect(system.ran).toEqual(['ask', 'force', 'lazy']);
  });

  it('leaves what is in use where it may not, and says so', async () => {
    const system = new FakeSystem();
    system.mounts.push('/mnt/x');
    system.answer = () => ({ status: 32, stderr: 'umount: /mnt/x: target is busy.' });
    await expect(system.mounter.unmount('/mnt/x', 'ask')).rejects.toThrow(problem('busy'));
    expect(system.ran).toEqual(['ask']);
  });
});

describe('A mount point', () => {
  async function folder(): Promise<string> {
    const made = await mkdtemp(path.join(os.tmpdir(), 'windlass-mount-point-'));
    onTestFinished(() => rm(made, { recursive: true, force: true }));
    return made;
  }
  const { table } = new FakeSystem().mounter;

  it('is made where there is none', async () => {
    const made = path.join(await folder(), 'a', 'b');
    expect(await prepareMountPoint(made, table)).toEqual({ state: 'free' });
    expect(await prepareMountPoint(made, table)).toEqual({ state: 'free' });
  });

  it('must be an empty folder', async () => {
    const above = await folder();
    const file = path.join(above, 'file');
    await writeFile(file, '');
    await expect(prepareMountPoint(above, table)).rejects.toThrow(/is not empty: what is in it would be hidden/);
    await expect(prepareMountPoint(file, table)).rejects.toThrow(/is no folder/);
    await expect(prepareMountPoint(path.join(file, 'below'), table)).rejects.toThrow(/is no folder/);
  });

  it.each(['relative', '/a/../b', '/a/', '/a\nb'])('must not be %j', async (mountPoint) => {
    await expect(prepareMountPoint(mountPoint, table)).rejects.toThrow(/no absolute path/);
  });

  it('is told by the table alone where something is mounted, and must not be inside another mount', async () => {
    const system = new FakeSystem();
    system.mounts.push('/no/such/mount');
    expect(await prepareMountPoint('/no/such/mount', system.mounter.table)).toMatchObject({ state: 'ours' });
    await expect(prepareMountPoint('/no/such/mount/below', system.mounter.table)).rejects.toThrow(/inside the mount/);
  });
});
