/** Whether this user may mount. */
import { helperPath } from '../mounts/linux-helper.ts';
import { fail, good, type Finding } from './finding.ts';
import type { Machine } from './machine.ts';

const check = 'right to mount';
const policy = '/usr/share/polkit-1/actions/org.windlass.mount.policy';

export async function privileges({ platform, uid, exists, read }: Machine): Promise<Finding> {
  if (platform !== 'linux') return good(check, 'Mounting needs no administrator here.');
  if (uid === 0) return (await isConfined(read)) ? confined : good(check, 'root may mount.');
  if (!(await exists('/usr/bin/pkexec')))
    return fail(
      check,
      'Mounting needs root, and pkexec, by which users get it, is not installed.',
      'Install pkexec (Debian and Ubuntu: sudo apt install pkexec), run the command with sudo, or use the line that windlass fstab prints.',
    );
  for (const file of [helperPath, policy]) {
    if (!(await exists(file)))
      return fail(
        check,
        `Mounting needs root, and the mount helper that does it for users is not installed (${file}).`,
        'Install the Windlass package, run the command with sudo, or use the line that windlass fstab prints.',
      );
  }
  return good(check, 'The mount helper mounts for whoever sits at this machine.');
}

const confined = fail(
  check,
  'This is root without the right to mount (CAP_SYS_ADMIN), as in most containers.',
  'Run Windlass outside, or start the container with --privileged.',
);

/** CAP_SYS_ADMIN is capability 21 (capability.h). */
async function isConfined(read: Machine['read']): Promise<boolean> {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec((await read('/proc/self/status')) ?? '')?.[1];
  return effective !== undefined && (BigInt(`0x${effective}`) & (1n << 21n)) === 0n;
}
