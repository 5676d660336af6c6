/** Mounting on Linux as a user: by pkexec and a helper of root's, assets/linux/windlass-mount, which decides where. */
import path from 'node:path';
import { ProblemError } from '../api/problem.ts';
import type { CommandLine } from './command-line.ts';
import { linux } from './linux.ts';
import {
  mountTimeLimit,
  unmountTimeLimit,
  type MountCommands,
  type MountRequest,
  type UnmountForce,
} from './mounter.ts';

/** Where the package puts it; the polkit action names the same path. */
export const helperPath = '/usr/libexec/windlass/windlass-mount';

/** The only folder in which users' mounts are; the helper makes the folders below it. */
export function helperFolder(user: string): string {
  return `/run/media/${user}`;
}

export function linuxByHelper(user: string): MountCommands {
  const folder = helperFolder(user);
  const helper = (timeLimit: number, ...args: readonly string[]): CommandLine => ({
    program: '/usr/bin/pkexec',
    // Nobody may be there to type a password: allowed, or an error.
    args: ['--disable-internal-agent', helperPath, ...args],
    timeLimit,
  });
  return {
    mount({ port, exportPath, mountPoint, readOnly, metadataTtl }: MountRequest): CommandLine {
      const seconds = String(Math.max(1, Math.ceil(metadataTtl)));
      const access = readOnly ? 'ro' : 'rw';
      return helper(mountTimeLimit, 'mount', String(port), exportPath, path.basename(mountPoint), access, seconds);
    },

    unmount(mountPoint: string, force: UnmountForce): CommandLine {
      return helper(unmountTimeLimit, 'unmount', path.basename(mountPoint), force);
    },

    makesMountPoint(mountPoint: string): boolean {
      if (path.dirname(mountPoint) === folder && !path.basename(mountPoint).startsWith('.')) return true;
      throw ProblemError.of(
        'mount-point',
        `Without root, mounts go below ${folder} alone.`,
        `Mount at ${path.join(folder, path.basename(mountPoint))}, or run the command with sudo.`,
        { field: 'mountPoint' },
      );
    },

    table: linux.table,
    parseTable: (text) => linux.parseTable(text),
  };
}
