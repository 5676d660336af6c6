import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { mountSettings, type Mount, type MountSettings } from '../api/mounts.ts';
import { ProblemError } from '../api/problem.ts';
import type { Outcome } from './command-line.ts';
import { linux } from './linux.ts';
import { MountManager, type GatewayExports } from './mount-manager.ts';
import type { MountCommands } from './mounter.ts';
import { SystemMounter } from './system-mounter.ts';

const good: Outcome = { status: 0, stdout: '', stderr: '', timedOut: false, missing: false };

/** A system with a mount table, and a gateway that gives a new token for each mount. */
class FakeMachine implements GatewayExports {
  readonly port = 2049;
  /** Mount points with what is mounted there. */
  readonly mounts = new Map<string, string>();
  readonly granted = new Set<string>();
  readonly confirmed = new Set<string>();
  refusesOffer: ProblemError | undefined;
  mountAnswer: Partial<Outcome> = {};
  unmountAnswer: (force: string) => Partial<Outcome> = () => ({});
  #tokens = 0;
  readonly mounter: SystemMounter;

  constructor() {
    const commands: MountCommands = {
      ...linux,
      unmount: (mountPoint, force) => ({ program: 'umount', args: [force, mountPoint], timeLimit: 1000 }),
      table: { program: 'table', args: [], timeLimit: 1000 },
      parseTable: (text) =>
        (JSON.parse(text) as [string, string][]).map(([mountPoint, source]) => ({ mountPoint, source, type: 'nfs4' })),
    };
    this.mounter = new SystemMounter('linux', commands, ({ program, args: [first = '', mountPoint = ''] }) => {
      if (program === 'table') return Promise.resolve({ ...good, stdout: JSON.stringify([...this.mounts]) });
      const isUnmount = program === 'umount';
      const outcome = { ...good, ...(isUnmount ? this.unmountAnswer(first) : this.mountAnswer) };
      if (outcome.status === 0 && isUnmount) this.mounts.delete(mountPoint);
      else if (outcome.status === 0) this.mounts.set(mountPoint, first);
      return Promise.resolve(outcome);
    });
  }

  offer(_id: string, _settings: MountSettings, volumeName: string): Promise<string> {
    if (this.refusesOffer !== undefined) return Promise.reject(this.refusesOffer);
    const exportPath = `/token${++this.#tokens}/${volumeName}`;
    this.granted.add(exportPath);
    return Promise.resolve(exportPath);
  }

  confirm(exportPath: string): Promise<void> {
    this.confirmed.add(exportPath);
    return Promise.resolve();
  }

  withdraw(exportPath: string): Promise<void> {
    this.granted.delete(exportPath);
    return Promise.resolve();
  }

  unsentBytes(): number {
    return 0;
  }
}

let home: string;
let machine: FakeMachine;
let shown: Mount[];

beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'windlass-mounts-'));
  machine = new FakeMachine();
  shown = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(home, { recursive: true, force: true });
});

const open = () =>
  MountManager.open({
    folder: path.join(home, 'config'),
    mounter: machine.mounter,
    gateway: machine,
    defaultMountPoint: (name) => path.join(home, 'drives', name),
    onChange: (mount) => shown.push(mount),
  });

const photos = mountSettings.parse({ connection: 'lab', bucket: 'photos', prefix: 'a/2026/' });
const problem = (code: string) =>
  expect.objectContaining({ problem: expect.objectContaining({ code }) as unknown }) as Error;

describe('The mount manager', () => {
  it('mounts under the name of the folder that is mounted, shows each step, and unmounts', async () => {
    const manager = await open();
    const { id, mountPoint } = await manager.add(photos);
    expect(mountPoint).toBe(path.join(home, 'drives', '2026'));
    await manager.mount(id);
    expect(machine.mounts.get(mountPoint)).toBe('127.0.0.1:/token1/2026');
    expect([...machine.confirmed]).toEqual(['/token1/2026']);
    await manager.unmount(id);
    expect([machine.mounts.size, machine.granted.size]).toEqual([0, 0]);
    expect(shown.map(({ state }) => state)).toEqual(['mounting', 'mounted', 'unmounting', 'unmounted']);
  });

  it('mounts once where it is asked twice', async () => {
    const manager = await open();
    const { id } = await manager.add(photos);
    await Promise.all([manager.mount(id), manager.mount(id)]);
    expect([...machine.granted]).toEqual(['/token1/2026']);
  });

  it('has one mount for a place', async () => {
    const manager = await open();
    await manager.add(photos);
    await expect(manager.add(photos)).rejects.toThrow(problem('exists'));
  });

  it('takes over after a restart what is still mounted', async () => {
    const before = await open();
    const { id } = await before.add(photos);
    await before.mount(id);
    const after = await open();
    await after.resume('kept');
    expect(after.get(id).state).toBe('mounted');
    expect([...machine.granted]).toEqual(['/token1/2026']);
  });

  it('takes away what another gateway has left at its place, and mounts', async () => {
    const manager = await open();
    const { id, mountPoint } = await manager.add(photos);
    machine.mounts.set(mountPoint, '127.0.0.1:/gone/2026');
    await manager.mount(id);
    expect(machine.mounts.get(mountPoint)).toBe('127.0.0.1:/token1/2026');
  });

  it('leaves alone what is not ours', async () => {
    const manager = await open();
    const { id, mountPoint } = await manager.add(photos);
    machine.mounts.set(mountPoint, 'nas:/photos');
    await expect(manager.mount(id)).rejects.toThrow(problem('mount-point'));
    expect(machine.mounts.get(mountPoint)).toBe('nas:/photos');
    expect(manager.get(id)).toMatchObject({ state: 'failed', problem: { code: 'mount-point' } });
  });

  it('takes a token back that led to no mount', async () => {
    const manager = await open();
    const { id } = await manager.add(photos);
    machine.mountAnswer = { status: 32, stderr: 'mount.nfs: access denied by server' };
    await expect(manager.mount(id)).rejects.toThrow(problem('mount-failed'));
    expect(machine.granted.size).toBe(0);
  });

  it('waits for an endpoint that does not answer, and mounts once it does', async () => {
    const manager = await open();
    const { id } = await manager.add(photos);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    machine.refusesOffer = ProblemError.of('unreachable', 'No answer.', 'Wait.');
    await expect(manager.mount(id)).rejects.toThrow(problem('unreachable'));
    expect(manager.get(id).state).toBe('waiting');
    machine.refusesOffer = undefined;
    await vi.advanceTimersByTimeAsync(2000);
    await vi.waitFor(() => {
      expect(manager.get(id).state).toBe('mounted');
    });
  });

  it('does not wait for what nobody wants any more', async () => {
    const manager = await open();
    const { id } = await manager.add(photos);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    machine.refusesOffer = ProblemError.of('unreachable', 'No answer.', 'Wait.');
    await expect(manager.mount(id)).rejects.toThrow();
    await manager.unmount(id);
    machine.refusesOffer = undefined;
    await vi.advanceTimersByTimeAsync(600_000);
    expect([manager.get(id).state, machine.granted.size]).toEqual(['unmounted', 0]);
  });

  it('leaves a mount that is in use, unless it may use force', async () => {
    const manager = await open();
    const { id } = await manager.add(photos);
    await manager.mount(id);
    machine.unmountAnswer = (force) => (force === 'ask' ? { status: 32, stderr: 'target is busy' } : {});
    await expect(manager.unmount(id)).rejects.toThrow(problem('busy'));
    expect(manager.get(id).state).toBe('mounted');
    await manager.unmount(id, 'lazy');
    expect(machine.mounts.size).toBe(0);
  });

  it('unmounts everything at its end, and has it back at the next start', async () => {
    const before = await open();
    const { id } = await before.add(photos);
    await before.mount(id);
    await before.close('lazy');
    expect(machine.mounts.size).toBe(0);
    const after = await open();
    await after.resume('kept');
    expect(after.get(id).state).toBe('mounted');
  });
});
