/** Calls that the server answers by itself, beside nfs-ganesha over a local folder and driven by the same client. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openS3Store } from '../../../gateway/store/s3/open.ts';
import { hasCommand } from '../../lab/machine.ts';
import { connectionTo } from '../../s3/connection.ts';
import type { Conditions } from './large-files.ts';
import type { Row } from './medians.ts';
import { inParallel, NfsClient } from './nfs-client.ts';
import { cpuSeconds } from './processes.ts';
import { startGanesha, startGateway, type NfsServer } from './servers.ts';

const MiB = 1024 * 1024;
const bucket = 'small';
const fileSize = 64 * MiB;
const fileCount = 500;
const atOnce = 16;

/** Milliseconds of each measurement, after a warm-up of a third of that. */
const duration = 4000;

interface Kind {
  readonly name: string;
  /** Makes the requests that are sent in turn. */
  prepare(client: NfsClient, server: NfsServer): Promise<(index: number) => Promise<unknown>>;
}

const nameOf = (index: number): string => `file-${index % fileCount}`;

const kinds: readonly Kind[] = [
  {
    name: 'GETATTR',
    async prepare(client, server) {
      const handles: Buffer[] = [];
      for (let index = 0; index < fileCount; index++) handles.push(await client.walk(...server.path, nameOf(index)));
      const requests = handles.map((handle) => client.getattrOf(handle));
      return (index) => client.send(requests[index % fileCount] as (typeof requests)[number]);
    },
  },
  {
    name: 'LOOKUP',
    async prepare(client, server) {
      const directory = await client.walk(...server.path);
      const requests = Array.from({ length: fileCount }, (_, index) => client.lookupOf(directory, nameOf(index)));
      return (index) => client.send(requests[index % fileCount] as (typeof requests)[number]);
    },
  },
  ...[MiB, 128 * 1024, 4096].map((length): Kind => ({
    name: `cached READ of ${length / 1024} KiB`,
    async prepare(client, server) {
      const file = await client.openFile(await client.walk(...server.path), 'large', 'read');
      const count = fileSize / length;
      const requests = Array.from({ length: Math.min(count, 1024) }, (_, index) =>
        client.readOf(file, index * length, length),
      );
      const send = (index: number): Promise<unknown> =>
        client.send(requests[index % requests.length] as (typeof requests)[number]);
      await inParallel(requests.length, atOnce, send);
      return send;
    },
  })),
];

/** Calls a second, and microseconds of the server's CPU for each. */
interface Figures {
  readonly rate: number;
  readonly cpu: number;
}

export async function measureSmallCalls(conditions: Conditions): Promise<Row[]> {
  const { server, folder, runs, nodeFlags } = conditions;
  await server.createBucket(bucket);
  const store = await openS3Store(connectionTo(server), bucket);
  const large = randomBytes(fileSize);
  await store.put({ key: 'large', body: large, metadata: { user: {} } });
  await inParallel(fileCount, atOnce, (index) =>
    store.put({ key: nameOf(index), body: Buffer.from(nameOf(index)), metadata: { user: {} } }),
  );
  await store.close();
  const own = await mkdtemp(join(folder, 'gateway-'));
  const theirs = await mkdtemp(join(folder, 'ganesha-'));
  const gateway = await startGateway({ server, bucket, folder: own, nodeFlags });
  let ganesha: NfsServer | undefined;
  try {
    if (hasCommand('ganesha.nfsd')) {
      await mkdir(join(theirs, 'exported'));
      await writeFile(join(theirs, 'exported/large'), large);
      for (let index = 0; index < fileCount; index++)
        await writeFile(join(theirs, 'exported', nameOf(index)), nameOf(index));
      ganesha = await startGanesha(theirs);
    } else console.log('nfs-ganesha is not installed: nothing to hold the small calls against');
    return await measureAll(gateway, ganesha, runs);
  } finally {
    await ganesha?.stop();
    await gateway.stop();
    await rm(own, { recursive: true, force: true });
    await rm(theirs, { recursive: true, force: true });
  }
}

async function measureAll(gateway: NfsServer, ganesha: NfsServer | undefined, runs: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const kind of kinds) {
    const ours: Figures[] = [];
    const theirs: Figures[] = [];
    for (let run = 0; run < runs; run++) {
      ours.push(await measure(gateway, kind));
      if (ganesha !== undefined) theirs.push(await measure(ganesha, kind));
      const [a, b] = [ours.at(-1), theirs.at(-1)];
      console.log(
        `${kind.name}: ${a?.rate.toFixed(0)} a second, ${a?.cpu.toFixed(1)} µs; ganesha ${b?.rate.toFixed(0)}, ${b?.cpu.toFixed(1)} µs`,
      );
    }
    const beside = (of: (figures: Figures) => number): Pick<Row, 'theirs'> =>
      ganesha === undefined ? {} : { theirs: { name: 'nfs-ganesha', figures: theirs.map(of) } };
    rows.push(
      {
        what: kind.name,
        unit: '1/s',
        ours: ours.map(({ rate }) => rate),
        ...beside(({ rate }) => rate),
        target: '≥ 1',
      },
      { what: `CPU of a ${kind.name}`, unit: 'µs', ours: ours.map(({ cpu }) => cpu), ...beside(({ cpu }) => cpu) },
    );
  }
  return rows;
}

async function measure(server: NfsServer, kind: Kind): Promise<Figures> {
  const client = await NfsClient.connect(server.port, 'caller', atOnce);
  try {
    const send = await kind.prepare(client, server);
    await repeat(send, duration / 3);
    const before = await cpuSeconds(server.pid);
    const { calls, seconds } = await repeat(send, duration);
    return { rate: calls / seconds, cpu: (((await cpuSeconds(server.pid)) - before) / calls) * 1e6 };
  } finally {
    client.destroy();
  }
}

async function repeat(
  send: (index: number) => Promise<unknown>,
  milliseconds: number,
): Promise<{ readonly calls: number; readonly seconds: number }> {
  const began = performance.now();
  let calls = 0;
  const work = async (): Promise<void> => {
    while (performance.now() - began < milliseconds) await send(calls++);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { calls, seconds: (performance.now() - began) / 1000 };
}
