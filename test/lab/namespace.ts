/**
 * A network of its own: 127.0.0.1 and, towards a guest, 10.77.0.1. It has no name and no owner but its processes, so it
 * is gone with them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { type Spawn, lineOf, stop } from './child.ts';

/** The machine, as the guest sees it. */
export const hostAddress = '10.77.0.1';
export const guestAddress = '10.77.0.2';
/** CIDR of both. */
export const labNetwork = '10.77.0.0/24';

const setUp = `set -e
ip link set lo up
ip tuntap add dev tap0 mode tap
ip addr add ${hostAddress}/24 dev tap0
ip link set tap0 up
echo ready
exec cat`;

export interface Namespace {
  /** Starts a process inside; its pid is the command's own, and it dies with this process. */
  readonly spawn: Spawn;
  /** Ends what still runs inside. */
  close(): Promise<void>;
}

export async function openNamespace(): Promise<Namespace> {
  // Holds the namespace until its standard input ends, which it does with this process at the latest.
  const holder = spawn('unshare', ['--net', 'sh', '-c', setUp], { stdio: ['pipe', 'pipe', 'pipe'] });
  await lineOf(holder, /^ready$/m, 10_000);
  const net = `--net=/proc/${String(holder.pid)}/ns/net`;
  const inside = new Set<ChildProcess>();
  return {
    spawn(command, args, options = {}) {
      const child = spawn('nsenter', [net, '--', 'setpriv', '--pdeathsig', 'KILL', '--', command, ...args], options);
      inside.add(child.once('exit', () => inside.delete(child)));
      return child;
    },
    async close() {
      await Promise.all([...inside].map((child) => stop(child, 'SIGKILL')));
      await stop(holder);
    },
  };
}
