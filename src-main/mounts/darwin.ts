/** Mounting with macOS's client, without root: mount_nfs(8), mount(8), diskutil(8). */
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

export const darwin: MountCommands = {
  mount({ port, exportPath, mountPoint, readOnly, metadataTtl }: MountRequest): CommandLine {
    const attributes = Math.max(1, Math.ceil(metadataTtl));
    const options = [
      // 4.1 is the user's choice on this client, 4.2 it does not have. Locks must stay on: `nolocks` is EINVAL in v4.
      'vers=4.0',
      'tcp',
      `port=${port}`,
      'sec=sys',
      'nocallback',
      'hard',
      'intr',
      // After so many seconds of silence the mount is given up: a restart of the gateway is over by then.
      'deadtimeout=45',
      // A store that is slow is no server that does not respond: no dialog.
      'mutejukebox',
      // A file that appears in the bucket must not be hidden by an earlier look.
      'nonegnamecache',
      'rwsize=1048576',
      'readahead=16',
      `acregmin=1,acregmax=${attributes},acdirmin=1,acdirmax=${attributes}`,
      readOnly ? 'rdonly' : 'rw',
    ];
    return {
      program: '/sbin/mount_nfs',
      args: ['-o', options.join(','), `127.0.0.1:${exportPath}`, mountPoint],
      timeLimit: mountTimeLimit,
    };
  },

  unmount(mountPoint: string, force: UnmountForce): CommandLine {
    const [program, args] = {
      ask: ['/sbin/umount', [mountPoint]],
      force: ['/usr/sbin/diskutil', ['unmount', mountPoint]],
      lazy: ['/usr/sbin/diskutil', ['unmount', 'force', mountPoint]],
    }[force] as [string, string[]];
    return { program, args, timeLimit: unmountTimeLimit };
  },

  table: { program: '/sbin/mount', args: ['-t', 'nfs'], timeLimit: tableTimeLimit },

  /** `127.0.0.1:/NAME on /Users/me/… (nfs, nodev, nosuid, mounted by me)`; neither name is escaped. */
  parseTable(text: string): readonly MountedFileSystem[] {
    const found: MountedFileSystem[] = [];
    for (const line of text.split('\n')) {
      const match = /^([^:]+:\/.*?) on (\/.*) \(([^(),]+)[^()]*\)$/.exec(line);
      const [, source, mountPoint, type] = match ?? [];
      if (source !== undefined && mountPoint !== undefined && type !== undefined)
        found.push({ source, mountPoint, type });
    }
    return found;
  },
};
