/** What mount programs say when they fail, in words that name the remedy. */
import { ProblemError } from '../api/problem.ts';
import type { CommandLine, Outcome } from './command-line.ts';

interface Explanation {
  readonly platform: NodeJS.Platform | 'any';
  readonly says: RegExp;
  readonly problem: (mountPoint: string) => ProblemError;
}

const notAble = (detail: string, remedy: string) => () => ProblemError.of('not-able', detail, remedy);
const atMountPoint = (detail: string, remedy: string) => (mountPoint: string) =>
  ProblemError.of('mount-point', detail.replace('{}', mountPoint), remedy, { field: 'mountPoint' });

const withoutHelper =
  'Install the Windlass package, which brings the mount helper, or run the command with sudo, or use the line that windlass fstab prints.';

/** In order: the first that fits is told. */
const explanations: readonly Explanation[] = [
  {
    platform: 'linux',
    says: /windlass-mount.*No such file|Cannot run program/i,
    problem: notAble(
      'Mounting needs root here, and the mount helper that does it for users is not installed.',
      withoutHelper,
    ),
  },
  {
    platform: 'linux',
    says: /Not authorized|Authentication is needed|Error getting authority|dismissed/i,
    problem: notAble(
      'This session may not mount: it is not the one at the screen of this machine, or the administrator does not allow it.',
      'Run the command with sudo, or use the line that windlass fstab prints.',
    ),
  },
  {
    platform: 'linux',
    says: /unknown filesystem type|not supported by kernel|No such device/i,
    problem: notAble(
      "This machine's kernel has no NFS client.",
      'Install the kernel modules for NFS (on Debian and Ubuntu linux-modules-extra) and try again.',
    ),
  },
  {
    platform: 'linux',
    says: /Protocol not supported/i,
    problem: notAble("This machine's kernel does not know NFSv4.2.", 'Update the kernel to 4.20 or later.'),
  },
  {
    platform: 'linux',
    says: /must be superuser|only root can|Operation not permitted/i,
    problem: notAble('Mounting needs root here.', withoutHelper),
  },
  {
    platform: 'linux',
    says: /Connection refused|Connection timed out|No route to host/i,
    problem: () =>
      ProblemError.of(
        'gateway',
        'The gateway of this machine does not answer.',
        'Look at windlass logs and try again.',
      ),
  },
  {
    platform: 'darwin',
    says: /Operation not permitted|Permission denied/i,
    problem: atMountPoint(
      'macOS did not let you mount at {}.',
      'Choose a folder that belongs to you, and allow Windlass to use network volumes in System Settings > Privacy & Security > Files and Folders.',
    ),
  },
  {
    platform: 'win32',
    says: /\b53\b|network path was not found/i,
    problem: notAble(
      'Windows did not find the NFS server of this machine.',
      'Its portmapper listens on port 111: stop other NFS servers, allow Windlass through security software, and try again.',
    ),
  },
  {
    platform: 'win32',
    says: /\b85\b|already in use/i,
    problem: atMountPoint('The drive letter {} is in use.', 'Choose another letter.'),
  },
  {
    platform: 'any',
    says: /access denied|Permission denied/i,
    problem: () =>
      ProblemError.of(
        'mount-failed',
        'The gateway did not let this user mount.',
        'Look at windlass logs: it says why.',
      ),
  },
  {
    platform: 'any',
    says: /busy/i,
    problem: atMountPoint('{} is in use.', 'Close the programs that use it, or choose another folder.'),
  },
  {
    platform: 'any',
    says: /No such file or directory|does not exist/i,
    problem: atMountPoint('There is no folder {}.', 'Make it first.'),
  },
  { platform: 'any', says: /not a directory/i, problem: atMountPoint('{} is no folder.', 'Choose a folder.') },
];

/** How to get the program that is missing. */
const installation: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: 'Install the NFS client: nfs-common on Debian and Ubuntu, nfs-utils elsewhere.',
  darwin: 'macOS comes with it in /sbin; repair the system.',
  win32:
    'Windows Pro, Enterprise and Education have it as a feature (Home does not). As administrator: Enable-WindowsOptionalFeature -Online -FeatureName ServicesForNFS-ClientOnly,ClientForNFS-Infrastructure -All',
};

/** Why a mount program failed. */
export function explainMountFailure(
  platform: NodeJS.Platform,
  { program }: CommandLine,
  { missing, timedOut, status, stdout, stderr }: Outcome,
  mountPoint: string,
): ProblemError {
  if (missing && program.endsWith('/pkexec'))
    return ProblemError.of(
      'not-able',
      'Mounting needs root here, and pkexec, which asks for it, is not installed.',
      'Install pkexec (polkit), or run the command with sudo.',
    );
  if (missing)
    return ProblemError.of('not-able', `The NFS client ${program} is not installed.`, installation[platform] ?? '');
  if (timedOut)
    return ProblemError.of(
      'time-limit',
      `Mounting at ${mountPoint} took too long and was given up.`,
      'Try again; if it happens again, look at windlass doctor.',
    );
  const said = `${stderr}\n${stdout}`;
  const known = explanations.find(
    (one) => (one.platform === 'any' || one.platform === platform) && one.says.test(said),
  );
  if (known !== undefined) return known.problem(mountPoint);
  const [line = ''] = said.split('\n').filter((text) => text.trim() !== '');
  return ProblemError.of(
    'mount-failed',
    `Mounting at ${mountPoint} failed${status === undefined ? '' : ` with status ${status}`}: ${line.trim()}`,
    'windlass doctor looks for the cause.',
  );
}
