/** Runs a script where there is an NFS client: in a User Mode Linux guest, or on the machine's kernel where that has one. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Spawn } from './child.ts';

export type GuestKernel = 'uml' | 'own';

export interface GuestOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Folders of the machine; each appears as `/host/` and its last component. */
  readonly binds?: readonly string[];
  /** MiB; default 1024. */
  readonly memory?: number;
  /** Seconds; default 300. */
  readonly timeout?: number;
  /** Called with each line of output as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface GuestResult {
  /** The script's exit status. */
  readonly status: number;
  /** What it printed, both streams. */
  readonly output: string;
}

export class GuestFailed extends Error {
  override readonly name = 'GuestFailed';
}

const launcher = fileURLToPath(new URL('guest.sh', import.meta.url));

/** What User Mode Linux says of itself whatever happens. */
const noise =
  /^(Failed to initialize ubd|mmapper_init|uml-vector|reboot:|sysrq:|epollctl|Core dump limits|Checking |VFS:|Disabled|random:)/;

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * @param script bash, run as root with `/mnt` as its folder
 * @throws GuestFailed where the kernel ended before the script, or the time was over
 */
export async function runGuest(
  spawn: Spawn,
  kernel: GuestKernel,
  root: string,
  script: string,
  options: GuestOptions,
): Promise<GuestResult> {
  const { args = [], env = {}, binds = [], memory = 1024, timeout = 300, onLine } = options;
  // Killing `unshare` kills the first process of the PID namespace and so everything in it.
  const namespaces = ['--mount', '--propagation', 'unchanged', '--pid', '--fork', '--kill-child=KILL'];
  const child = spawn('unshare', [...namespaces, 'bash', launcher, kernel, root, String(memory), ...binds], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null)
    throw new GuestFailed('The guest was started without pipes.');
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}\n`);
  stdin.end(`${exports.join('')}set -- ${args.map(quoted).join(' ')}\n${script}\n`);

  const lines: string[] = [];
  for (const stream of [stdout, stderr]) {
    createInterface({ input: stream }).on('line', (raw) => {
      const line = raw.replace(/\r$/, '');
      if (noise.test(line)) return;
      lines.push(line);
      onLine?.(line);
    });
  }
  const deadline = AbortSignal.timeout(timeout * 1000);
  deadline.addEventListener('abort', () => child.kill('SIGKILL'));
  const [status] = (await once(child, 'close')) as [number | null];
  const output = lines.join('\n');
  if (deadline.aborted)
    throw new GuestFailed(`The guest was not done after ${timeout} s; it said:\n${output.slice(-4000)}`);
  if (status === null || status === 125) {
    throw new GuestFailed(`The guest's kernel ended before the script; it said:\n${output.slice(-4000)}`);
  }
  return { status, output };
}
