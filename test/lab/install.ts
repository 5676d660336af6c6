/** Debian packages that tests need on the machine itself, installed where they are missing and that is possible. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCommand, isDebian, isLinux, isRoot } from './machine.ts';
import { Unavailable } from './unavailable.ts';

/** What tests need packages for: the kernel client's lab, another client, the S3 servers, a browser, and a keychain. */
const ofTests = {
  lab: ['debootstrap', 'debian-archive-keyring', 'iproute2', 'util-linux', 'ca-certificates'],
  libnfs: ['libnfs-utils'],
  browser: ['chromium', 'fonts-dejavu-core'],
  moto: ['python3', 'python3-venv', 'ca-certificates'],
  keychain: ['gnome-keyring', 'dbus-daemon', 'dbus-bin'],
  versitygw: ['golang-go', 'ca-certificates'],
} as const satisfies Record<string, readonly string[]>;

/** What benches are held against: programs that mount buckets, and an NFS server. */
const ofBenches = {
  peers: ['s3fs', 'rclone', 'fuse3', 'rsync', 'git'],
  ganesha: ['nfs-ganesha', 'nfs-ganesha-vfs'],
} as const satisfies Record<string, readonly string[]>;

const purposes = { ...ofTests, ...ofBenches };

export type Purpose = keyof typeof purposes;

export const testPurposes = Object.keys(ofTests) as readonly (keyof typeof ofTests)[];

/** The `go` command: on the path, or where Go's own archive puts it. undefined: there is none. */
export function goCommand(): string | undefined {
  if (hasCommand('go')) return 'go';
  const unpacked = '/usr/local/go/bin/go';
  return existsSync(unpacked) ? unpacked : undefined;
}

function isMissing(name: string): boolean {
  if (name === 'golang-go' && goCommand() !== undefined) return false;
  const query = spawnSync('dpkg-query', ['--show', '--showformat', '${db:Status-Status}', name], { encoding: 'utf8' });
  return query.stdout !== 'installed';
}

/**
 * Installs what is missing where this is Debian and the user root; elsewhere does nothing, and what needs the packages
 * says so itself.
 * @throws Unavailable where apt-get fails
 */
export async function installPackages(
  wanted: readonly Purpose[],
  log: (line: string) => void = console.log,
): Promise<void> {
  if (!isLinux || !isDebian() || !isRoot || !hasCommand('apt-get')) return;
  const missing = [...new Set(wanted.flatMap((purpose) => purposes[purpose]))].filter(isMissing);
  if (missing.length === 0) return;
  log(`installing Debian packages: ${missing.join(', ')}`);
  const install = 'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"';
  // Of two that would install at the same time apt refuses one.
  const lock = join(tmpdir(), 'windlass-apt.lock');
  const child = spawn('flock', [lock, 'sh', '-c', install, '-', ...missing], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Unavailable(`apt-get could not install ${missing.join(', ')}:\n${output.slice(-2000)}`);
}
