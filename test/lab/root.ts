/** The guest's root: built once per recipe, kept outside the tree. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from './install.ts';
import { cacheFolder, hasCommand, isDebian, isLinux, isRoot } from './machine.ts';
import { aptProxy, debianMirror } from './mirror.ts';
import { Unavailable } from './unavailable.ts';

const release = 'trixie';
const kernelRelease = 'sid';
const packages = [
  'nfs-common',
  'kmod',
  'iproute2',
  'procps',
  'attr',
  'acl',
  'curl',
  'git',
  'python3',
  'rsync',
  'sqlite3',
  'ca-certificates',
];

const script = fileURLToPath(new URL('make-root.sh', import.meta.url));

/**
 * The folder of the root for these packages, built where it is not there yet (about a minute).
 * @throws Unavailable where it cannot be built on this machine
 */
export async function guestRoot(log: (line: string) => void = console.log): Promise<string> {
  if (!isLinux || !isRoot) throw new Unavailable('A real Linux NFS client needs Linux and root (sudo npm test).');
  if (arch() !== 'x64') throw new Unavailable('User Mode Linux, which is the NFS client here, exists for x86-64 only.');
  await installPackages(['lab'], log);
  if (!isDebian() || !hasCommand('debootstrap')) {
    throw new Unavailable(
      "The NFS client's root is built by debootstrap from the machine's own Debian mirror; this is no Debian.",
    );
  }
  const recipe = createHash('sha256')
    .update(readFileSync(script))
    .update([release, kernelRelease, ...packages].join('\n'))
    .digest('hex');
  const folder = join(cacheFolder(), `root-${recipe.slice(0, 12)}`);
  if (existsSync(folder)) return folder;

  log(`building the root of a Linux NFS client in ${folder} (about a minute, once)`);
  const child = spawn('bash', [script, folder, debianMirror(), release, kernelRelease, packages.join(',')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...aptProxy(), ...process.env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Unavailable(`Building the root of the Linux NFS client failed:\n${output.slice(-4000)}`);
  return folder;
}
