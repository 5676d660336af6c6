/** The NFS servers that are measured: the gateway, and nfs-ganesha over a local folder. */
import type { ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { lineOf, spawnHere, stop } from '../../lab/child.ts';
import { hasCommand } from '../../lab/machine.ts';
import { Unavailable } from '../../lab/unavailable.ts';
import type { S3Server } from '../../s3/servers.ts';
import { neutralEnvironment } from '../peers/peer.ts';
import { NfsClient } from './nfs-client.ts';

const checkout = fileURLToPath(new URL('../../../', import.meta.url));

export interface NfsServer {
  readonly port: number;
  readonly pid: number;
  /** Names from the root to the directory where files are. */
  readonly path: readonly string[];
  stop(): Promise<void>;
}

export interface GatewayOptions {
  readonly server: Pick<S3Server, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'>;
  readonly bucket: string;
  /** For data and cache. */
  readonly folder: string;
  /** Further flags. */
  readonly flags?: readonly string[];
  /** Of Node. */
  readonly nodeFlags?: readonly string[];
}

export async function startGateway({
  server,
  bucket,
  folder,
  flags = [],
  nodeFlags = [],
}: GatewayOptions): Promise<NfsServer> {
  const args = [
    ...['gateway', '--bind', '127.0.0.1:0', '--insecure-ports', '--log-level', 'warn', '--data-dir', folder],
    ...['--endpoint', server.endpoint, '--region', server.region, '--export', `bench=${bucket}`, ...flags],
  ];
  const child = spawnHere(process.execPath, [...nodeFlags, join(checkout, 'src-main/cli/main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...neutralEnvironment(),
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    },
  });
  const [, port] = await lineOf(child, /^ready \S+:(\d+)/m, 60_000);
  return { port: Number(port), pid: pidOf(child), path: ['bench'], stop: () => stop(child, 'SIGTERM', 120_000) };
}

/**
 * nfs-ganesha with its VFS back end over `folder`.
 * @throws Unavailable where it is not installed
 */
export async function startGanesha(folder: string): Promise<NfsServer> {
  if (!hasCommand('ganesha.nfsd')) {
    throw new Unavailable('nfs-ganesha is not installed (Debian: nfs-ganesha and nfs-ganesha-vfs).');
  }
  const exported = join(folder, 'exported');
  await mkdir(exported, { recursive: true });
  const port = await freePort();
  const configuration = `
NFS_CORE_PARAM { Protocols = 4; NFS_Port = ${port}; Bind_addr = 127.0.0.1; Enable_NLM = false; Enable_RQUOTA = false; fsid_device = true; }
NFSv4 { Graceless = true; Minor_Versions = 1; RecoveryBackend = fs; RecoveryRoot = ${folder}; }
EXPORT_DEFAULTS { Access_Type = RW; Squash = None; SecType = sys; PrivilegedPort = false; }
EXPORT { Export_Id = 1; Path = ${exported}; Pseudo = /bench; FSAL { Name = VFS; } }
`;
  await writeFile(join(folder, 'ganesha.conf'), configuration);
  const args = ['-F', '-L', join(folder, 'log'), '-f', join(folder, 'ganesha.conf'), '-p', join(folder, 'pid')];
  const child = spawnHere('ganesha.nfsd', args, { stdio: 'ignore' });
  await serving(port);
  return { port, pid: pidOf(child), path: ['bench'], stop: () => stop(child, 'SIGTERM', 20_000) };
}

async function serving(port: number): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const client = await NfsClient.connect(port, 'probe');
      await client.walk('bench');
      client.destroy();
      return;
    } catch (error) {
      if (attempt === 60) throw error;
      await wait(500);
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('a process that was started has no id');
  return pid;
}
