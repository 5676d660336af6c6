/** Starts the gateway as users do, by the command line, inside a lab. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Spawn, hasExited, lineOf, stop } from '../lab/child.ts';
import { hostAddress, labNetwork } from '../lab/lab.ts';
import type { S3Server } from '../s3/servers.ts';

const commandLine = fileURLToPath(new URL('../../src-main/cli/main.ts', import.meta.url));

export interface GatewaySettings {
  /** Into the lab's network. */
  readonly spawn: Spawn;
  readonly server: Pick<S3Server, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'>;
  readonly port: number;
  readonly exportName: string;
  readonly bucket: string;
  readonly dataFolder: string;
  /** Options of `windlass gateway` beyond those that every kernel test has. */
  readonly options?: readonly string[];
}

/** The arguments of a gateway that kernel clients of the lab may use as root. */
function argumentsOf({ server, port, exportName, bucket, dataFolder, options = [] }: GatewaySettings): string[] {
  return [
    ...['gateway', '--bind', `${hostAddress}:${port}`, '--allow', labNetwork],
    ...['--endpoint', server.endpoint, '--region', server.region, '--path-style'],
    ...['--export', `${exportName}=${bucket}`, '--data-dir', dataFolder],
    ...['--uid', '0', '--gid', '0', '--squash', 'none', '--metadata-ttl', '5', '--lease', '12'],
    ...['--log-level', process.env['WINDLASS_KERNEL_LOG'] ?? 'info', ...options],
  ];
}

export class KernelTestGateway {
  readonly #settings: GatewaySettings;
  readonly #log: string[] = [];
  #child: ChildProcess | undefined;

  constructor(settings: GatewaySettings) {
    this.#settings = settings;
  }

  /** What it has logged, over all its starts. */
  get log(): string {
    return this.#log.join('');
  }

  /** Returns once it serves. @throws ChildFailed */
  async start(): Promise<void> {
    const { spawn, server } = this.#settings;
    const child = spawn(process.execPath, [commandLine, ...argumentsOf(this.#settings)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        AWS_ACCESS_KEY_ID: server.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
      },
    });
    this.#child = child;
    child.stderr?.on('data', (data: Buffer) => this.#log.push(data.toString()));
    await lineOf(child, /^ready \S+$/m, 60_000);
  }

  /** SIGKILL, whatever it is doing. Returns once it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || hasExited(child)) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /**
   * Ends it by `signal` and starts it again where it was.
   * @throws ChildFailed where it does not end, or not start
   */
  async restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined) return this.start();
    const exited = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => {
      this.#log.push(`\nThe gateway ignored ${signal} for 60 s and was killed.\n`);
      child.kill('SIGKILL');
    }, 60_000);
    await exited;
    clearTimeout(timer);
    await this.start();
  }

  async stop(): Promise<void> {
    if (this.#child !== undefined) await stop(this.#child);
  }
}
