/** A kernel client, a gateway, a proxy that can break, and an S3 server behind it. */
import { createServer } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Bucket } from '../kernel/bucket.ts';
import type { NfsVersion } from '../kernel/cases.ts';
import { type Actions, agrees, controlServer } from '../kernel/control.ts';
import { KernelTestGateway } from '../kernel/gateway.ts';
import type { Spawn } from '../lab/child.ts';
import { type Lab, hostAddress, openLab } from '../lab/lab.ts';
import type { Faults } from '../s3/faults.ts';
import { type ExchangeRecord, type Proxy, startProxy } from '../s3/proxy.ts';
import { type S3Server, startMoto } from '../s3/servers.ts';

const chaosFolder = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '');
const kernelFolder = fileURLToPath(new URL('../kernel', import.meta.url));

const proxyPort = 9000;
const controlPort = 8000;
const bucketName = 'bucket';
const exportName = 'drive';

export interface RigOptions {
  readonly seed: number;
  readonly faults?: Faults;
  readonly onExchange?: (record: ExchangeRecord) => void;
}

export interface GuestRun {
  readonly version: NfsVersion;
  /** In guest/, and its arguments. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What the guest may ask for, beside `agrees`. */
  readonly actions: Actions;
  /** Ports of the gateways that the two mounts come from; the first twice by default. */
  readonly ports?: readonly [first: number, second: number];
  /** Seconds. */
  readonly timeout: number;
}

export interface GatewayPlace {
  readonly port?: number;
  /** A folder of its own under the rig's by default. */
  readonly dataFolder?: string;
  readonly spawn?: Spawn;
  readonly options?: readonly string[];
}

type Credentials = Pick<S3Server, 'accessKeyId' | 'secretAccessKey' | 'region'>;

/** Everything but the gateway, which a test starts where it wants it. */
export class Rig {
  readonly lab: Lab;
  readonly proxy: Proxy;
  readonly bucket: Bucket;
  /** For data folders. */
  readonly folder: string;
  readonly #credentials: Credentials;
  readonly #cleanUp: AsyncDisposableStack;
  readonly #gateways: KernelTestGateway[] = [];

  private constructor(
    lab: Lab,
    proxy: Proxy,
    bucket: Bucket,
    folder: string,
    credentials: Credentials,
    cleanUp: AsyncDisposableStack,
  ) {
    this.lab = lab;
    this.proxy = proxy;
    this.bucket = bucket;
    this.folder = folder;
    this.#credentials = credentials;
    this.#cleanUp = cleanUp;
  }

  /** Everything in it ends with `cleanUp`. @throws Unavailable where this machine cannot have one */
  static async open(cleanUp: AsyncDisposableStack, options: RigOptions): Promise<Rig> {
    const lab = await openLab();
    cleanUp.defer(() => lab.close());
    const server = await startMoto();
    cleanUp.defer(() => server.stop());
    await server.createBucket(bucketName);
    const client = server.client();
    cleanUp.defer(() => client.destroy());
    const { seed, faults = {}, onExchange } = options;
    const proxy = await startProxy({ target: server.endpoint, seed, faults, onExchange });
    cleanUp.defer(() => proxy.stop());
    await lab.answer(
      proxyPort,
      createServer((connection) => proxy.accept(connection)),
    );
    const folder = await mkdtemp(join(tmpdir(), 'windlass-chaos-'));
    cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
    return new Rig(lab, proxy, new Bucket(client, bucketName), folder, server, cleanUp);
  }

  /** A gateway that is not started yet. */
  gateway(place: GatewayPlace = {}): KernelTestGateway {
    const { region, accessKeyId, secretAccessKey } = this.#credentials;
    const { port = 2049, spawn = this.lab.spawn, dataFolder = join(this.folder, `data-${port}`), options = [] } = place;
    const endpoint = `http://${hostAddress}:${proxyPort}`;
    const server = { endpoint, region, accessKeyId, secretAccessKey };
    const gateway = new KernelTestGateway({ spawn, server, port, exportName, bucket: bucketName, dataFolder, options });
    this.#gateways.push(gateway);
    this.#cleanUp.defer(() => gateway.stop());
    return gateway;
  }

  /**
   * Runs a program of guest/ on a mount and a second client's.
   * @returns what it printed
   * @throws Error with what it and the gateways said, where it failed
   */
  async run(run: GuestRun): Promise<string> {
    const { version, program, args, env = {}, actions, ports = [2049, 2049], timeout } = run;
    await this.lab.answer(
      controlPort,
      controlServer({ agrees: (_key, body) => agrees(this.bucket, body), ...actions }),
    );
    const verbose = process.env['WINDLASS_CHAOS_VERBOSE'] !== undefined;
    const options = (port: number): string => `vers=${version},port=${port},proto=tcp,sec=sys,actimeo=1`;
    const { status, output } = await this.lab.runInGuest('exec bash /host/chaos/guest/on-mounts.sh "$@"', {
      args: [program, ...args],
      binds: [chaosFolder, kernelFolder],
      env: {
        ADDRESS: hostAddress,
        EXPORT: exportName,
        NFS_VERSION: version.charAt(0),
        OPTIONS: options(ports[0]),
        SECOND_OPTIONS: options(ports[1]),
        CONTROL: `http://${hostAddress}:${controlPort}`,
        ...env,
      },
      timeout,
      ...(verbose ? { onLine: (line: string) => console.log(line) } : {}),
    });
    if (status === 0) return output;
    const logs = this.#gateways.map(({ log }) => `Gateway:\n${log.slice(-6000)}`).join('\n');
    throw new Error(`${program} in the guest ended with ${status}:\n${output.slice(-6000)}\n${logs}`);
  }
}
