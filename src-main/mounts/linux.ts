/** Mounting with the Linux kernel's client, as root: mount.nfs(8), nfs(5), proc_pid_mountinfo(5). */
import type { CommandLine } from './command-line.ts';
import {
  mountTimeLimit,
  unmountTimeLimit,
  type MountCommands,
  type MountedFileSystem,
  type MountRequest,
  type UnmountForce,
} from './mounter.ts';

/** The options of nfs(5). NFSv4 needs the one port; nothing is asked of a portmapper. */
export function linuxOptions({ port, readOnly, metadataTtl }: Omit<MountRequest, 'exportPath' | 'mountPoint'>): string {
  // Whole seconds; 0 would switch the client's close-to-open optimizations off altogether.
  const attributes = Math.max(1, Math.ceil(metadataTtl));
  return [
    'vers=4.2',
    'proto=tcp',
    `port=${port}`,
    'sec=sys',
    // A soft mount turns a gateway that is restarted into lost writes.
    'hard',
    // Minutes that mount.nfs would go on trying where nothing listens.
    'retry=0',
    `acregmin=1,acregmax=${attributes},acdirmin=1,acdirmax=${attributes}`,
    'nosuid',
    'nodev',
    readOnly ? 'ro' : 'rw',
  ].join(',');
}

export const linux: MountCommands = {
  /** By its path: desktops leave /sbin out of PATH. */
  mount(request: MountRequest): CommandLine {
    return {
      program: '/sbin/mount.nfs',
      args: [`127.0.0.1:${request.exportPath}`, request.mountPoint, '-o', linuxOptions(request)],
      timeLimit: mountTimeLimit,
    };
  },

  unmount(mountPoint: string, force: UnmountForce): CommandLine {
    const flags = { ask: [], force: ['-f'], lazy: ['-l'] }[force];
    // `-i`: no helper that would ask the server; `-c` would read what the path leads to.
    return { program: '/bin/umount', args: ['-c', ...flags, mountPoint], timeLimit: unmountTimeLimit };
  },

  /**
   * Writing back needs memory that the gateway on this machine needs too: no more than a tenth of what may wait to be
   * written is this mount's (Linux, ABI/testing/sysfs-class-bdi).
   */
  limits: (device) => [
    { file: `/sys/class/bdi/${device}/max_ratio`, value: '10' },
    { file: `/sys/class/bdi/${device}/strict_limit`, value: '1' },
  ],

  table: { file: '/proc/self/mountinfo' },

  parseTable(text: string): readonly MountedFileSystem[] {
    const found: MountedFileSystem[] = [];
    for (const line of text.split('\n')) {
      // 36 35 98:0 /root /mount/point options optional… - type source superoptions
      const [before = '', after = ''] = line.split(' - ', 2);
      const [, , device = '', , mountPoint] = before.split(' ');
      const [type, source, options = ''] = after.split(' ');
      if (mountPoint === undefined || type === undefined || source === undefined) continue;
      const port = /(?:^|,)port=(\d+)/.exec(options)?.[1];
      found.push({
        source: unescape(source),
        mountPoint: unescape(mountPoint),
        type,
        device,
        ...(port === undefined ? {} : { port: Number(port) }),
      });
    }
    return found;
  },
};

/** Space, tab, newline and backslash are written as `\040` and so on. */
function unescape(text: string): string {
  const bytes: number[] = [];
  const encoded = Buffer.from(text);
  for (let at = 0; at < encoded.length; at++) {
    const octal = encoded[at] === 0x5c ? /^[0-7]{3}/.exec(encoded.toString('latin1', at + 1, at + 4)) : null;
    if (octal === null) bytes.push(encoded[at] ?? 0);
    else {
      bytes.push(Number.parseInt(octal[0], 8));
      at += 3;
    }
  }
  return Buffer.from(bytes).toString('utf8');
}
