import { describe, expect, it } from 'vitest';
import { connectionSettings, type ConnectionTest } from '../api/connections.ts';
import { ProblemError } from '../api/problem.ts';
import { SecretError, SessionSecrets } from '../connections/secrets.ts';
import { helperPath } from '../mounts/linux-helper.ts';
import { examine, type Examination } from './doctor.ts';
import type { Finding } from './finding.ts';
import type { Machine } from './machine.ts';

const policy = '/usr/share/polkit-1/actions/org.windlass.mount.policy';
const outcome = { status: 1, stdout: '', stderr: '', timedOut: false, missing: false };

/** A Linux machine of a user on which everything is right. */
function machineWith(change: Partial<Machine> = {}, files: readonly string[] = []): Machine {
  const there = ['/sbin/mount.nfs', '/usr/bin/pkexec', helperPath, policy];
  return {
    platform: 'linux',
    uid: 1000,
    release: '6.12.0',
    exists: (file) => Promise.resolve([...there, ...files].includes(file)),
    read: (file) => Promise.resolve(file === '/proc/filesystems' ? 'nodev\tnfs4\n' : undefined),
    run: () => Promise.resolve(outcome),
    listen: () => Promise.resolve(true),
    ...change,
  };
}

const lab = connectionSettings.parse({
  name: 'lab',
  preset: 'minio',
  endpoint: 'http://127.0.0.1:9000',
  secret: { kind: 'keychain' },
});

function examined(change: Partial<Examination> = {}): Promise<readonly Finding[]> {
  return examine({
    machine: machineWith(),
    environment: {},
    keychain: new SessionSecrets(),
    connections: [lab],
    test: () => Promise.resolve({ steps: [] }),
    gatewayRuns: false,
    ...change,
  });
}

/** What is wrong, which always comes with a remedy. */
async function wrong(change: Partial<Examination>): Promise<readonly Finding[]> {
  const found = (await examined(change)).filter((one) => one.outcome !== 'good');
  for (const { detail, remedy = '' } of found) {
    expect(detail).toMatch(/^[A-Z].*\.$/s);
    expect(remedy).not.toBe('');
  }
  return found;
}

const withMachine = (change: Partial<Machine>) => wrong({ machine: machineWith(change) });
const without = (missing: string): Partial<Machine> => ({
  exists: (file) => Promise.resolve(file !== missing),
});

describe('doctor', () => {
  it('finds nothing where everything is right', async () => {
    expect(await wrong({})).toEqual([]);
    expect(await withMachine({ uid: 0, exists: (file) => Promise.resolve(file === '/sbin/mount.nfs') })).toEqual([]);
  });

  it('on a machine without NFS says what to install', async () => {
    expect(await withMachine(without('/sbin/mount.nfs'))).toMatchObject([
      { check: 'NFS client', outcome: 'fail', remedy: expect.stringContaining('nfs-common') as string },
    ]);
    expect(await withMachine({ read: () => Promise.resolve('nodev\tproc\n') })).toMatchObject([
      { check: 'NFS client', outcome: 'fail', detail: expect.stringContaining('6.12.0') as string },
    ]);
    const isModule: Partial<Machine> = {
      read: () => Promise.resolve(''),
      run: () => Promise.resolve({ ...outcome, status: 0 }),
    };
    expect(await withMachine(isModule)).toEqual([]);
  });

  it('on Windows tells Home, which has none, from editions that have it switched off', async () => {
    const edition = (stdout: string): Partial<Machine> => ({
      platform: 'win32',
      uid: undefined,
      exists: () => Promise.resolve(false),
      run: () => Promise.resolve({ ...outcome, stdout }),
    });
    expect((await withMachine(edition('Core\r\n')))[0]?.detail).toContain('Home has no NFS client');
    expect((await withMachine(edition('Professional\r\n')))[0]?.remedy).toContain('Enable-WindowsOptionalFeature');
  });

  it.each([['/usr/bin/pkexec'], [helperPath], [policy]])(
    'without root and without %s says how to get the right',
    async (file) => {
      expect(await withMachine(without(file))).toMatchObject([
        { check: 'right to mount', outcome: 'fail', remedy: expect.stringMatching(/sudo.*windlass fstab/) as string },
      ]);
    },
  );

  it('as root of a container says that it may not mount', async () => {
    const read: Machine['read'] = (file) =>
      Promise.resolve(file === '/proc/self/status' ? 'CapEff:\t00000000a80425fb\n' : 'nodev\tnfs4\n');
    expect(await withMachine({ uid: 0, read })).toMatchObject([{ check: 'right to mount', outcome: 'fail' }]);
  });

  it('tells a port that its own gateway has from one that another program has', async () => {
    const machine = machineWith({ listen: () => Promise.resolve('EADDRINUSE') });
    expect(await wrong({ machine, gatewayRuns: true })).toEqual([]);
    expect(await wrong({ machine })).toMatchObject([
      { check: 'port 2049', remedy: expect.stringContaining('--bind 127.0.0.1:20490') as string },
    ]);
  });

  it('minds a keychain that is absent or locked where a connection needs it', async () => {
    const keychain = new SessionSecrets();
    keychain.get = () => Promise.reject(new SecretError('locked', 'The keychain is locked: unlock it.'));
    expect(await wrong({ keychain })).toEqual([
      { check: 'keychain', outcome: 'fail', detail: 'The keychain is locked.', remedy: 'Unlock it.' },
    ]);
    const connections = [{ ...lab, secret: { kind: 'chain' } as const }];
    expect(await wrong({ keychain, connections })).toMatchObject([{ check: 'keychain', outcome: 'warn' }]);
  });

  it('passes on what the test of a connection says: a dead endpoint, a wrong clock', async () => {
    const { problem: dead } = ProblemError.of('unreachable', 'Nothing listens.', 'Start it.');
    const { problem: skewed } = ProblemError.of('clock-skew', 'The clock is wrong.', 'Set it.');
    const result: ConnectionTest = {
      steps: [
        { step: 'clock', outcome: 'good', problem: skewed },
        { step: 'connect', outcome: 'failed', problem: dead },
      ],
    };
    expect(await wrong({ test: () => Promise.resolve(result) })).toEqual([
      { check: 'connection lab', outcome: 'warn', detail: 'The clock is wrong.', remedy: 'Set it.' },
      { check: 'connection lab', outcome: 'fail', detail: 'Nothing listens.', remedy: 'Start it.' },
    ]);
  });

  it('names the proxy of the environment without its password, and one that is no address', async () => {
    const found = await examined({ environment: { HTTPS_PROXY: 'http://me:hunter2@proxy:3128' } });
    expect(JSON.stringify(found)).toContain('proxy:3128');
    expect(JSON.stringify(found)).not.toContain('hunter2');
    expect(await wrong({ environment: { HTTPS_PROXY: 'a proxy' } })).toMatchObject([
      { check: 'proxy', outcome: 'warn' },
    ]);
  });
});
