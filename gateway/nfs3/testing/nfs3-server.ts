/** NFSv3 and MOUNT over a bucket in memory, on a port of loopback; it can be restarted, and ends with its test. */
import { onTestFinished } from 'vitest';
import { GatewayLife, MemoryBucket, quickTimes, type LifeOptions } from '../../filesystem/testing/gateway-life.ts';
import { FileLocks } from '../../filesystem/locks/file-locks.ts';
import { silentLog } from '../../log.ts';
import type { RpcClient } from '../../rpc/client.ts';
import type { Credential } from '../../rpc/program.ts';
import { serve, type Serving } from '../../rpc/testing/serve.ts';
import { decode, encode, XdrReader, type Codec } from '../../rpc/xdr.ts';
import { MountProgram } from '../mount/program.ts';
import { Nlm } from '../nlm/nlm.ts';
import { directoryPath, mountResult } from '../mount/codec.ts';
import type { Procedure } from '../procedure.ts';
import { Nfs3Program } from '../program.ts';
import { statusName } from '../codec/status.ts';

/** Uploads wait: what a test sees is the gateway's own. */
const patientTimes = { ...quickTimes, settle: 600_000, latest: 600_000 };

export const sys = (uid: number, gids: readonly number[] = []): Credential => ({
  flavor: 'sys',
  machine: 'client',
  uid,
  gid: uid,
  gids,
});

/** How the server's programs are set up. */
export interface Nfs3ServerOptions extends Omit<LifeOptions, 'store'> {
  readonly store?: Omit<NonNullable<LifeOptions['store']>, 'bucket'>;
  /** Where clients' portmappers are; undefined: nobody can be called back. */
  readonly portmapperPort?: number;
}

interface Running {
  readonly life: GatewayLife;
  readonly locks: FileLocks;
  readonly nlm: Nlm;
  readonly serving: Serving;
}

export class Nfs3Server {
  readonly bucket: MemoryBucket;
  readonly #portmapperPort: number;
  #running: Running | undefined;
  #now = 1_000_000;

  private constructor(bucket: MemoryBucket, portmapperPort: number) {
    this.bucket = bucket;
    this.#portmapperPort = portmapperPort;
  }

  /** @param objects bodies by key */
  static async start(
    objects: Readonly<Record<string, string>> = {},
    options: Nfs3ServerOptions = {},
  ): Promise<Nfs3Server> {
    const bucket = new MemoryBucket();
    for (const [key, body] of Object.entries(objects)) bucket.write(key, Buffer.from(body), { user: {} });
    const { portmapperPort = 1, store, ...rest } = options;
    const server = new Nfs3Server(bucket, portmapperPort);
    await server.#serve(await GatewayLife.begin({ times: patientTimes, ...rest, store: { ...store, bucket } }));
    onTestFinished(async () => {
      server.#current.nlm.stop();
      await server.life.cleanUp();
    });
    return server;
  }

  get life(): GatewayLife {
    return this.#current.life;
  }

  get locks(): FileLocks {
    return this.#current.locks;
  }

  /** What the server has logged. */
  get said(): readonly string[] {
    return this.#current.serving.said;
  }

  /** Turns the clock of the lock manager. */
  pass(seconds: number): void {
    this.#now += seconds * 1000;
  }

  async restart(): Promise<void> {
    await this.#serve(await (await this.#stopped()).restart());
  }

  /** What a killed gateway leaves, served by the next one. */
  async kill(): Promise<void> {
    await this.#serve(await (await this.#stopped()).kill());
  }

  /** A client that has mounted the export. */
  async mount(credential: Credential = sys(0), path = '/bucket'): Promise<Nfs3Client> {
    const client = await this.connect(credential);
    return client.mounted(path);
  }

  async connect(credential: Credential = sys(0)): Promise<Nfs3Client> {
    return new Nfs3Client(await this.#current.serving.connect(), credential);
  }

  get #current(): Running {
    if (this.#running === undefined) throw new Error('the server does not run');
    return this.#running;
  }

  async #stopped(): Promise<GatewayLife> {
    const { life, nlm, serving } = this.#current;
    await serving.server.close(0);
    nlm.stop();
    return life;
  }

  async #serve(life: GatewayLife): Promise<void> {
    const { database, fileSystem } = life;
    const [log, locks] = [silentLog, new FileLocks()];
    const clock = (): number => this.#now;
    const portmapperPort = this.#portmapperPort;
    const nlm = new Nlm({ database, fileSystem, locks, graceSeconds: 60, clock, log, portmapperPort });
    nlm.start();
    const nfs = new Nfs3Program({ fileSystem, locks, log });
    const serving = await serve([nfs, new MountProgram({ fileSystem, log }), ...nlm.programs]);
    this.#running = { life, locks, nlm, serving };
  }
}

/** A reply: the status by its name, and what an OK carries. */
export interface Nfs3Reply<Result> {
  readonly status: string;
  readonly ok: Result;
  /** All of the reply but the status. */
  readonly body: Buffer;
}

export class Nfs3Client {
  readonly rpc: RpcClient;
  readonly credential: Credential;
  root: Buffer = Buffer.alloc(0);

  constructor(rpc: RpcClient, credential: Credential) {
    this.rpc = rpc;
    this.credential = credential;
  }

  async mounted(path: string): Promise<this> {
    const reply = await this.raw(100005, 3, 1, encode(directoryPath, Buffer.from(path)));
    const result = decode(mountResult, reply);
    if (result.status !== 0 || result.value === undefined) throw new Error(`mounting ${path}: ${result.status}`);
    this.root = result.value.handle;
    return this;
  }

  /** Sends the procedure; decodes exactly what it says. @param xid of a call that this one repeats */
  async call<Arguments, Result>(
    procedure: Procedure<Arguments, Result>,
    args: Arguments,
    xid?: number,
  ): Promise<Nfs3Reply<Result>> {
    const bytes = await this.raw(100003, 3, procedure.number, encode(procedure.arguments, args), xid);
    const status = new XdrReader(bytes).uint32();
    const body = bytes.subarray(4);
    const ok = status === 0 ? decode(procedure.result, body) : undefined;
    return { status: statusName(status), ok: ok as Result, body };
  }

  /** As `call`, where it must succeed. */
  async ok<Arguments, Result>(procedure: Procedure<Arguments, Result>, args: Arguments): Promise<Result> {
    const { status, ok } = await this.call(procedure, args);
    if (status !== 'OK') throw new Error(`${procedure.name}: ${status}`);
    return ok;
  }

  async raw(program: number, version: number, procedure: number, args: Buffer, xid?: number): Promise<Buffer> {
    const write = (writer: { bytes(value: Buffer): void }): void => writer.bytes(args);
    const reader = await this.rpc.call(program, version, procedure, this.credential, write, xid);
    return reader.bytes(reader.remaining);
  }

  named(name: string, directory = this.root): { readonly directory: Buffer; readonly name: Buffer } {
    return { directory, name: Buffer.from(name) };
  }
}

/** What a failure tells. @throws XdrError where it is not exactly that */
export function failureAs<T>(codec: Codec<T>, reply: { readonly body: Buffer }): T {
  return decode(codec, reply.body);
}
