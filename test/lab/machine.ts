/** What this machine is and can do, as far as the tests need to know. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const isLinux = process.platform === 'linux';
export const isRoot = process.getuid?.() === 0;

/** Where nothing may be left out. */
export const onContinuousIntegration = process.env['CI'] === 'true';

/** Debian itself: a derivative's packages and mirrors differ. */
export function isDebian(): boolean {
  return existsSync('/etc/os-release') && /^ID="?debian"?$/m.test(readFileSync('/etc/os-release', 'utf8'));
}

/** Debian's or another system's code name (`bookworm`), where it has one. */
export function codename(): string | undefined {
  return /^VERSION_CODENAME="?(\w+)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
}

export function hasCommand(name: string, path = process.env['PATH'] ?? ''): boolean {
  return path.split(':').some((folder) => folder !== '' && existsSync(join(folder, name)));
}

/** Whether the running kernel can mount NFSv4, its module loaded for the purpose where that is possible. */
export function kernelHasNfs(): boolean {
  if (!isLinux) return false;
  const listed = (): boolean => /\bnfs4$/m.test(readFileSync('/proc/filesystems', 'utf8'));
  if (listed()) return true;
  if (!isRoot || !hasCommand('modprobe')) return false;
  spawnSync('modprobe', ['-q', 'nfsv4'], { stdio: 'ignore' });
  return listed();
}

/** Where what takes minutes to build or download is kept between runs. May be deleted at any time no test runs. */
export function cacheFolder(): string {
  const chosen = process.env['WINDLASS_LAB_CACHE'];
  if (chosen !== undefined && chosen !== '') return chosen;
  if (isLinux && isRoot) return '/var/cache/windlass-lab';
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'windlass-lab');
}
