/**
 * Small files, one after the other, with a slow S3 behind: what a program waits for. The gateway is asked by a client that
 * costs next to nothing, the others through this machine's FUSE.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call } from '../../../gateway/nfs4/testing/compound-client.ts';
import { putfh } from '../../../gateway/nfs4/operations/putfh.ts';
import { remove } from '../../../gateway/nfs4/operations/remove.ts';
import { startProxy, type Proxy } from '../../s3/proxy.ts';
import type { S3Server } from '../../s3/servers.ts';
import { fillBucket, removeBucket } from '../bucket.ts';
import { quiet } from '../measure.ts';
import type { Peer } from '../peers/peer.ts';
import { rclone } from '../peers/rclone.ts';
import { s3fs } from '../peers/s3fs.ts';
import { smallFiles, workDirectory } from '../workloads/contents.ts';
import type { Conditions } from './large-files.ts';
import type { Row } from './medians.ts';
import { NfsClient } from './nfs-client.ts';
import { startGateway } from './servers.ts';

const latencyMilliseconds = 20;
const count = 200;
const content = Buffer.alloc(4096, 'windlass');
const nameOf = (index: number): string => `file-${String(index + 1).padStart(3, '0')}`;

interface Kind {
  readonly name: string;
  /** Whether the files are there before. */
  readonly onFiles: boolean;
  /** One file, in the directory. */
  readonly ours: (client: NfsClient, directory: Buffer, name: string) => Promise<unknown>;
  /** Shell for all of them; `files` prints their paths. */
  readonly theirs: string;
}

const kinds: readonly Kind[] = [
  {
    name: 'creating',
    onFiles: false,
    async ours(client, directory, name) {
      const file = await client.openFile(directory, name, 'create');
      await client.send(client.writeOf(file, 0, content.length), content);
      await client.commitFile(file);
      await client.closeFile(file);
    },
    theirs: 'cp "$SCRATCH"/* "$DIRECTORY"',
  },
  {
    name: 'reading',
    onFiles: true,
    async ours(client, directory, name) {
      const file = await client.openFile(directory, name, 'read');
      await client.send(client.readOf(file, 0, content.length));
      await client.closeFile(file);
    },
    theirs: 'files | xargs cat >/dev/null',
  },
  {
    name: 'stat of',
    onFiles: true,
    ours: (client, directory, name) => client.send(client.lookupOf(directory, name)),
    theirs: 'files | xargs stat >/dev/null',
  },
  {
    name: 'deleting',
    onFiles: true,
    ours: (client, directory, name) =>
      client.compound(call(putfh, { handle: directory }), call(remove, { name: Buffer.from(name) })),
    theirs: 'files | xargs rm',
  },
];

export async function measureSmallFiles({ server, runs }: Conditions): Promise<Row[]> {
  const proxy = await startProxy({ target: server.endpoint, latencyMilliseconds });
  const peers = [
    { peer: s3fs(), target: '≥ 5' },
    { peer: rclone(), target: '≥ 1' },
  ];
  const rows: Row[] = [];
  try {
    for (const kind of kinds) {
      const ours: number[] = [];
      const theirs = peers.map((): number[] => []);
      for (let run = 0; run < runs; run++) {
        ours.push(count / (await measured(server, kind, (at) => secondsOfGateway(server, proxy, at, kind))));
        for (const [index, { peer }] of peers.entries())
          theirs[index]?.push(count / (await measured(server, kind, (at) => secondsOf(peer, server, proxy, at, kind))));
        const each = theirs.map((figures, index) => `${peers[index]?.peer.name} ${figures.at(-1)?.toFixed(1)}`);
        console.log(`${kind.name} ${count} files: ${ours.at(-1)?.toFixed(1)} a second; ${each.join(', ')}`);
      }
      for (const [index, { peer, target }] of peers.entries()) {
        const what = `${kind.name} ${count} files of 4 KiB, ${latencyMilliseconds} ms a request`;
        rows.push({ what, unit: '1/s', ours, theirs: { name: peer.name, figures: theirs[index] ?? [] }, target });
      }
    }
  } finally {
    await proxy.stop();
  }
  return rows;
}

interface Where {
  readonly bucket: string;
  readonly folder: string;
}

/** With a bucket of its own and empty caches. */
async function measured(server: S3Server, kind: Kind, body: (at: Where) => Promise<number>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'windlass-small-files-'));
  const bucket = 'small-files';
  const client = server.client();
  try {
    await server.createBucket(bucket);
    await fillBucket(
      client,
      bucket,
      kind.onFiles ? { ...workDirectory, ...smallFiles('work/', count) } : workDirectory,
    );
    return await body({ bucket, folder });
  } finally {
    await removeBucket(client, bucket);
    client.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}

async function secondsOfGateway(
  server: S3Server,
  proxy: Proxy,
  { bucket, folder }: Where,
  kind: Kind,
): Promise<number> {
  const { region, accessKeyId, secretAccessKey } = server;
  const slow = { endpoint: proxy.endpoint, region, accessKeyId, secretAccessKey };
  const gateway = await startGateway({ server: slow, bucket, folder });
  try {
    const client = await NfsClient.connect(gateway.port, 'files');
    const directory = await client.walk(...gateway.path, 'work');
    const began = performance.now();
    for (let index = 0; index < count; index++) await kind.ours(client, directory, nameOf(index));
    const seconds = (performance.now() - began) / 1000;
    client.destroy();
    return seconds;
  } finally {
    await gateway.stop();
  }
}

async function secondsOf(
  peer: Peer,
  server: S3Server,
  proxy: Proxy,
  { bucket, folder }: Where,
  { name, theirs }: Kind,
): Promise<number> {
  const { region, accessKeyId, secretAccessKey } = server;
  const files = `files() { seq -f "$DIRECTORY/file-%03g" ${count}; }`;
  const { status, output, seconds } = await peer.run({
    ...{ endpoint: proxy.endpoint, region, accessKeyId, secretAccessKey, bucket, folder },
    earlier: '',
    setUp: `for i in $(seq -w ${count}); do yes "$i" | head -c 4096 > "$SCRATCH/file-$i"; done`,
    script: `${files}; ${theirs}`,
    began: () => quiet(proxy, 1000),
    drained: () => quiet(proxy, 4000),
  });
  if (status !== 0) throw new Error(`${peer.name} failed at ${name} files: ${output}`);
  return seconds;
}
