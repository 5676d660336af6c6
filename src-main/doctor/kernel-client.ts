/** Whether the system has an NFS client: the program that mounts, and the kernel's part. */
import { fail, good, type Finding } from './finding.ts';
import type { Machine } from './machine.ts';

const check = 'NFS client';

export function kernelClient(machine: Machine): Promise<Finding> {
  switch (machine.platform) {
    case 'linux':
      return onLinux(machine);
    case 'darwin':
      return onMacos(machine);
    case 'win32':
      return onWindows(machine);
    default:
      return Promise.resolve(
        fail(check, `Windlass does not mount on ${machine.platform}.`, 'Mount by hand: the README says how.'),
      );
  }
}

async function onLinux({ exists, read, run, release }: Machine): Promise<Finding> {
  if (!(await exists('/sbin/mount.nfs')))
    return fail(
      check,
      'The program that mounts NFS is not installed.',
      'Install nfs-common (Debian and Ubuntu: sudo apt install nfs-common) or nfs-utils (elsewhere).',
    );
  const isThere = /\bnfs4$/m.test((await read('/proc/filesystems')) ?? '');
  // -n: it is only looked for.
  const isLoadable =
    isThere || (await run({ program: '/sbin/modprobe', args: ['-n', 'nfsv4'], timeLimit: 5000 })).status === 0;
  if (isLoadable) return good(check, 'The NFS client is there.');
  return fail(
    check,
    `The kernel ${release} has no NFSv4 client.`,
    'Install its further modules (Ubuntu: sudo apt install linux-modules-extra-$(uname -r)), or boot a distribution’s usual kernel; containers and WSL 1 cannot mount.',
  );
}

async function onMacos({ exists }: Machine): Promise<Finding> {
  if (await exists('/sbin/mount_nfs')) return good(check, 'The NFS client is there.');
  return fail(check, 'There is no /sbin/mount_nfs.', 'It is a part of macOS: reinstall the system.');
}

async function onWindows({ exists, run }: Machine): Promise<Finding> {
  if (await exists('C:\\Windows\\System32\\mount.exe')) return good(check, 'Client for NFS is there.');
  const edition = await run({
    program: 'powershell.exe',
    args: [
      '-NoProfile',
      '-Command',
      '(Get-ItemProperty "HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion").EditionID',
    ],
    timeLimit: 15_000,
  });
  // EditionID of Home is `Core` and its variants.
  if (/^Core/.test(edition.stdout.trim()))
    return fail(
      check,
      'Windows Home has no NFS client.',
      'Upgrade to Windows Pro, or use the drive from another machine.',
    );
  return fail(
    check,
    'Client for NFS is not switched on.',
    'As administrator: Enable-WindowsOptionalFeature -Online -FeatureName ServicesForNFS-ClientOnly,ClientForNFS-Infrastructure -All',
  );
}
