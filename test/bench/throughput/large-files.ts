/** One large file written and read in sequence through the NFS port, beside a plain S3 client that moves the same bytes. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ObjectStore } from '../../../gateway/store/object-store.ts';
import { openS3Store } from '../../../gateway/store/s3/open.ts';
import { connectionTo } from '../../s3/connection.ts';
import type { S3Server } from '../../s3/servers.ts';
import type { Row } from './medians.ts';
import { inParallel, NfsClient } from './nfs-client.ts';
import { plainRead, plainWrite } from './plain-s3.ts';
import { cpuSeconds, peakMemory, resetPeakMemory } from './processes.ts';
import { startGateway, type NfsServer } from './servers.ts';

export interface Conditions {
  readonly server: S3Server;
  readonly folder: string;
  readonly runs: number;
  /** Of the gateway's Node. */
  readonly nodeFlags: readonly string[];
}

const MiB = 1024 * 1024;
const bucket = 'large';

/** READs and WRITEs of this size, so many at a time, as Linux does by itself. */
const transfer = MiB;
const atOnce = 16;

interface Cost {
  readonly seconds: number;
  readonly cpu: number;
  readonly peak: number;
}

export async function measureLargeFiles(conditions: Conditions & { readonly mebibytes: number }): Promise<Row[]> {
  const { server, runs } = conditions;
  const size = conditions.mebibytes * MiB;
  const store = await openS3Store(connectionTo(server), bucket);
  await server.createBucket(bucket);
  const chunk = randomBytes(MiB);
  const figures = {
    plainWrite: [] as number[],
    written: [] as number[],
    uploaded: [] as number[],
    plainRead: [] as number[],
    coldRead: [] as number[],
    diskRead: [] as number[],
    writeCpu: [] as number[],
    readCpu: [] as number[],
    writePeak: [] as number[],
    readPeak: [] as number[],
  };
  const rate = (seconds: number): number => size / MiB / seconds;
  try {
    for (let run = 0; run < runs; run++) {
      figures.plainWrite.push(rate((await timed(() => plainWrite(store, 'plain', size, chunk))).seconds));
      const write = await withGateway(conditions, (gateway) => measureWrite(gateway, store, size, chunk));
      figures.written.push(rate(write.staged));
      figures.uploaded.push(rate(write.seconds));
      figures.writeCpu.push((write.cpu / size) * 1024 * MiB);
      figures.writePeak.push(write.peak);
      figures.plainRead.push(rate((await timed(() => plainRead(store, 'plain', size))).seconds));
      await withGateway(conditions, async (gateway) => {
        const cold = await measureRead(gateway, size);
        figures.coldRead.push(rate(cold.seconds));
        figures.readCpu.push((cold.cpu / size) * 1024 * MiB);
        figures.readPeak.push(cold.peak);
        figures.diskRead.push(rate((await measureRead(gateway, size)).seconds));
      });
      console.log(
        Object.entries(figures)
          .map(([name, each]) => `${name} ${(each.at(-1) ?? 0).toFixed(1)}`)
          .join(', '),
      );
    }
  } finally {
    await store.close();
  }
  const plain = (of: readonly number[]): Row['theirs'] => ({ name: 'plain S3 client', figures: of });
  const what = `${conditions.mebibytes} MiB`;
  const target = '≥ 0.8';
  return [
    {
      what: `writing ${what}, until CLOSE`,
      unit: 'MiB/s',
      ours: figures.written,
      theirs: plain(figures.plainWrite),
      target,
    },
    {
      what: `writing ${what}, until it is in S3`,
      unit: 'MiB/s',
      ours: figures.uploaded,
      theirs: plain(figures.plainWrite),
    },
    { what: `cold read of ${what}`, unit: 'MiB/s', ours: figures.coldRead, theirs: plain(figures.plainRead), target },
    { what: `read of ${what} from the cache`, unit: 'MiB/s', ours: figures.diskRead, theirs: plain(figures.plainRead) },
    { what: 'CPU of writing, upload included', unit: 's/GiB', ours: figures.writeCpu },
    { what: 'CPU of a cold read', unit: 's/GiB', ours: figures.readCpu },
    { what: 'peak memory of writing', unit: 'MiB', ours: figures.writePeak },
    { what: 'peak memory of a cold read', unit: 'MiB', ours: figures.readPeak },
  ];
}

async function withGateway<T>(
  { server, folder, nodeFlags }: Conditions,
  body: (gateway: NfsServer) => Promise<T>,
): Promise<T> {
  const data = await mkdtemp(join(folder, 'gateway-'));
  const gateway = await startGateway({ server, bucket, folder: data, nodeFlags });
  try {
    return await body(gateway);
  } finally {
    await gateway.stop();
    await rm(data, { recursive: true, force: true });
  }
}

async function timed(body: () => Promise<void>): Promise<{ readonly seconds: number }> {
  const began = performance.now();
  await body();
  return { seconds: (performance.now() - began) / 1000 };
}

async function costOf({ pid }: NfsServer, body: () => Promise<void>): Promise<Cost> {
  await resetPeakMemory(pid);
  const before = await cpuSeconds(pid);
  const { seconds } = await timed(body);
  return { seconds, cpu: (await cpuSeconds(pid)) - before, peak: await peakMemory(pid) };
}

async function measureWrite(
  gateway: NfsServer,
  store: ObjectStore,
  size: number,
  chunk: Buffer,
): Promise<Cost & { readonly staged: number }> {
  const client = await NfsClient.connect(gateway.port, 'writer');
  const key = `written ${Date.now()}`;
  let staged = 0;
  try {
    const directory = await client.walk(...gateway.path);
    const cost = await costOf(gateway, async () => {
      const began = performance.now();
      const file = await client.openFile(directory, key, 'create');
      await inParallel(size / transfer, atOnce, (index) =>
        client.send(client.writeOf(file, index * transfer, transfer), chunk),
      );
      await client.commitFile(file);
      await client.closeFile(file);
      staged = (performance.now() - began) / 1000;
      while ((await store.head(key))?.version.size !== size) await wait(20);
    });
    return { ...cost, staged };
  } finally {
    client.destroy();
    await store.delete([{ key }]);
  }
}

async function measureRead(gateway: NfsServer, size: number): Promise<Cost> {
  const client = await NfsClient.connect(gateway.port, 'reader');
  try {
    const directory = await client.walk(...gateway.path);
    return await costOf(gateway, async () => {
      const file = await client.openFile(directory, 'plain', 'read');
      await inParallel(size / transfer, atOnce, async (index) => {
        const reply = await again(() => client.send(client.readOf(file, index * transfer, transfer)));
        if (reply.length < transfer) throw new Error(`a READ of ${transfer} bytes was answered with ${reply.length}`);
      });
      await client.closeFile(file);
    });
  } finally {
    client.destroy();
  }
}

/** As a client does that is told to come again. */
async function again<T>(request: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!String(error).includes('DELAY')) throw error;
      await wait(100);
    }
  }
}
