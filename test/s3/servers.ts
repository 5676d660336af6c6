/** Real S3 servers to test against: moto, which judges semantics, and versitygw, which is fast. */
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ChildFailed, type Spawn, lineOf, spawnHere, stop } from '../lab/child.ts';
import { goCommand, installPackages } from '../lab/install.ts';
import { cacheFolder, hasCommand } from '../lab/machine.ts';
import { Unavailable } from '../lab/unavailable.ts';

const motoVersion = '5.2.5';
const versitygwVersion = 'v1.8.0';

export interface S3Server {
  /** `http://127.0.0.1:PORT`; inside the lab's network where it was started there. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Talks to it from this process, wherever it runs. The caller destroys it. */
  client(): S3Client;
  createBucket(name: string): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerPlace {
  readonly spawn: Spawn;
  readonly port: number;
  /** The port of 127.0.0.1 by which this process reaches `port`. */
  reach(port: number): Promise<number>;
}

/** The machine's own network, on a port that is free now. */
async function here(): Promise<ServerPlace> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return { spawn: spawnHere, port, reach: (wanted) => Promise.resolve(wanted) };
}

async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const child = spawnHere(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (output += data.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Unavailable(`${command} ${args.join(' ')} failed:\n${output.slice(-2000)}`);
}

/** Makes `folder` by `build`, which is given where to work; another process may be doing the same. */
async function cached(folder: string, build: (work: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  await mkdir(cacheFolder(), { recursive: true });
  const work = await mkdtemp(`${folder}.`);
  try {
    await build(work);
    await rename(work, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function motoFolder(): Promise<string> {
  const folder = join(cacheFolder(), `moto-${motoVersion}`);
  if (!existsSync(folder)) await installPackages(['moto']);
  if (!hasCommand('python3')) throw new Unavailable('The S3 server moto needs python3 with venv and pip.');
  await cached(folder, async (work) => {
    await run('python3', ['-m', 'venv', work]);
    // Its scripts name this folder, which is renamed later; `python -m` does not care.
    await run(join(work, 'bin/python'), ['-m', 'pip', 'install', '--quiet', `moto[server]==${motoVersion}`]);
  });
  return folder;
}

async function versitygwFolder(): Promise<string> {
  const folder = join(cacheFolder(), `versitygw-${versitygwVersion}`);
  if (!existsSync(folder)) await installPackages(['versitygw']);
  const go = goCommand();
  if (!existsSync(folder) && go === undefined) {
    throw new Unavailable('The S3 server versitygw is built by Go (1.21 or newer), which is not here.');
  }
  await cached(folder, (work) =>
    // Debian's Go does not fetch the newer one that the module asks for unless it is told that it may.
    run(go ?? 'go', ['install', `github.com/versity/versitygw/cmd/versitygw@${versitygwVersion}`], {
      GOBIN: work,
      GOTOOLCHAIN: 'auto',
    }),
  );
  return folder;
}

class Server implements S3Server {
  readonly region = 'us-east-1';
  readonly accessKeyId = 'WINDLASSTESTKEY';
  readonly secretAccessKey = 'windlass-test-secret';
  readonly endpoint: string;
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #cleanUp: () => Promise<void>;

  constructor(child: ChildProcess, place: ServerPlace, port: number, cleanUp: () => Promise<void>) {
    this.#child = child;
    this.#port = port;
    this.#cleanUp = cleanUp;
    this.endpoint = `http://127.0.0.1:${place.port}`;
  }

  client(): S3Client {
    const { accessKeyId, secretAccessKey } = this;
    return new S3Client({
      endpoint: `http://127.0.0.1:${this.#port}`,
      region: this.region,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
  }

  async createBucket(name: string): Promise<void> {
    await this.#with((client) => client.send(new CreateBucketCommand({ Bucket: name })));
  }

  /** @throws Unavailable where a PUT whose condition fails succeeds: such a server judges nothing */
  async requireConditions(): Promise<void> {
    const bucket = 'condition-probe';
    await this.createBucket(bucket);
    const refused = (condition: { IfMatch?: string; IfNoneMatch?: string }): Promise<boolean> =>
      this.#with((client) =>
        client.send(new PutObjectCommand({ Bucket: bucket, Key: 'probe', Body: 'x', ...condition })).then(
          () => false,
          (error: unknown) => (error as { name?: string }).name === 'PreconditionFailed',
        ),
      );
    await this.#with((client) => client.send(new PutObjectCommand({ Bucket: bucket, Key: 'probe', Body: 'x' })));
    for (const condition of [{ IfMatch: '"00000000000000000000000000000000"' }, { IfNoneMatch: '*' }]) {
      if (!(await refused(condition))) {
        throw new Unavailable(
          `The S3 server ignores ${Object.keys(condition).join()}; a version that honours it is needed.`,
        );
      }
    }
    await this.#with((client) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'probe' })));
  }

  async stop(): Promise<void> {
    await stop(this.#child);
    await this.#cleanUp();
  }

  async #with<T>(use: (client: S3Client) => Promise<T>): Promise<T> {
    const client = this.client();
    try {
      return await use(client);
    } finally {
      client.destroy();
    }
  }
}

/**
 * moto, with nothing in it.
 * @throws Unavailable where it cannot be had, or ignores conditions
 */
export async function startMoto(place?: ServerPlace): Promise<S3Server> {
  const folder = await motoFolder();
  const where = place ?? (await here());
  const child = where.spawn(
    join(folder, 'bin/python'),
    [fileURLToPath(new URL('serve-moto.py', import.meta.url)), '127.0.0.1', String(where.port)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  await lineOf(child, /Running on http/, 60_000);
  const server = new Server(child, where, await where.reach(where.port), () => Promise.resolve());
  await orStop(server, () => server.requireConditions());
  return server;
}

/**
 * versitygw over a folder of its own.
 * @throws Unavailable where it cannot be had
 */
export async function startVersitygw(place?: ServerPlace): Promise<S3Server> {
  const folder = await versitygwFolder();
  const where = place ?? (await here());
  const data = await mkdtemp(join(tmpdir(), 'windlass-versitygw-'));
  await mkdir(join(data, 'buckets'));
  await mkdir(join(data, 'attributes'));
  const child = where.spawn(
    join(folder, 'versitygw'),
    // Attributes beside the data: temporary folders often have no extended attributes.
    [
      // As S3 does, and as nothing here is measured without.
      ...['--keep-alive', '--port', `127.0.0.1:${where.port}`],
      ...['posix', '--sidecar', join(data, 'attributes'), join(data, 'buckets')],
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ROOT_ACCESS_KEY: 'WINDLASSTESTKEY', ROOT_SECRET_KEY: 'windlass-test-secret' },
    },
  );
  const cleanUp = (): Promise<void> => rm(data, { recursive: true, force: true });
  await lineOf(child, new RegExp(`127\\.0\\.0\\.1:${where.port}`), 30_000).catch(async (error: unknown) => {
    await stop(child);
    await cleanUp();
    throw error;
  });
  const server = new Server(child, where, await where.reach(where.port), cleanUp);
  await orStop(server, () => answering(server));
  return server;
}

async function orStop(server: S3Server, ready: () => Promise<void>): Promise<void> {
  try {
    await ready();
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Waits until a request is answered; the server names its address before it listens there. */
async function answering(server: S3Server): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await server.createBucket('answering');
      return;
    } catch (error) {
      if (attempt === 50) throw new ChildFailed('The S3 server does not answer.', { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
