/** Mounting with Windows' Client for NFS: NFSv3 through a portmapper on port 111, in the user's own logon. */
import type { CommandLine } from './command-line.ts';
import {
  mountTimeLimit,
  tableTimeLimit,
  unmountTimeLimit,
  type MountCommands,
  type MountedFileSystem,
  type MountRequest,
  type UnmountForce,
} from './mounter.ts';

/** By their paths: a `mount.exe` of another tool may come first in PATH. @param environment with SystemRoot */
export function win32(environment: Readonly<Record<string, string | undefined>>): MountCommands {
  const system = `${environment['SystemRoot'] ?? 'C:\\Windows'}\\System32`;
  return {
    /** This client has no option for a port: the portmapper tells. */
    mount({ exportPath, mountPoint }: MountRequest): CommandLine {
      const options = [
        'anon',
        // Its default gives up after 0.8 seconds, which S3 may well need.
        'mtype=hard',
        'timeout=60',
        'retry=10',
        'rsize=32',
        'wsize=32',
        'casesensitive',
        'fileaccess=755',
      ];
      return {
        program: `${system}\\mount.exe`,
        args: ['-o', options.join(','), `\\\\127.0.0.1${exportPath.replaceAll('/', '\\')}`, mountPoint],
        timeLimit: mountTimeLimit,
      };
    },

    unmount(mountPoint: string, force: UnmountForce): CommandLine | undefined {
      if (force === 'lazy') return undefined;
      return {
        program: `${system}\\umount.exe`,
        args: [...(force === 'force' ? ['-f'] : []), mountPoint],
        timeLimit: unmountTimeLimit,
      };
    },

    table: { program: `${system}\\mount.exe`, args: [], timeLimit: tableTimeLimit },

    /** `Z:       \\127.0.0.1\NAME        UID=-2, GID=-2`, with further properties on the lines that follow. */
    parseTable(text: string): readonly MountedFileSystem[] {
      const found: MountedFileSystem[] = [];
      for (const line of text.split(/\r?\n/)) {
        const match = /^([A-Za-z]:)\s+\\\\([^\\]+)\\(.*?)(?:\s{2,}.*)?$/.exec(line);
        const [, letter, host, share] = match ?? [];
        if (letter !== undefined && host !== undefined && share !== undefined) {
          const source = `${host}:/${share.replaceAll('\\', '/')}`;
          found.push({ source, mountPoint: letter.toUpperCase(), type: 'nfs' });
        }
      }
      return found;
    },
  };
}
