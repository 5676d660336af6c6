/**
 * node test/bench/throughput.ts [--only large|small|files|requests]… [--runs N] [--mebibytes N] [--gateway-node-flag FLAG]…
 *
 * Measures how fast the gateway is, each figure beside that of something to hold it against, in the same run and one after
 * the other, so that the machine's mood falls on both: large files beside a plain S3 client, small calls beside
 * nfs-ganesha, small files beside s3fs and rclone, requests to S3 beside the SDK. Prints every run and the medians. Linux;
 * installs what it compares with on a Debian.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installPackages } from '../lab/install.ts';
import { startVersitygw } from '../s3/servers.ts';
import { measureLargeFiles } from './throughput/large-files.ts';
import { table, type Row } from './throughput/medians.ts';
import { measureRequests } from './throughput/s3-requests.ts';
import { measureSmallCalls } from './throughput/small-calls.ts';
import { measureSmallFiles } from './throughput/small-files.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: ['large', 'small', 'files', 'requests'] },
    runs: { type: 'string', default: '3' },
    mebibytes: { type: 'string', default: '1024' },
    'gateway-node-flag': { type: 'string', multiple: true, default: [] },
  },
});

if (values.only.includes('small')) await installPackages(['ganesha']);
if (values.only.includes('files')) await installPackages(['peers']);
const runs = Number(values.runs);
const folder = await mkdtemp(join(tmpdir(), 'windlass-throughput-'));
const server = await startVersitygw();
try {
  const shared = { server, folder, runs, nodeFlags: values['gateway-node-flag'] };
  const parts: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
    large: () => measureLargeFiles({ ...shared, mebibytes: Number(values.mebibytes) }),
    small: () => measureSmallCalls(shared),
    files: () => measureSmallFiles(shared),
    requests: () => measureRequests(shared),
  };
  for (const name of values.only) {
    const part = parts[name];
    if (part === undefined) throw new Error(`There is no part ${name}, only ${Object.keys(parts).join(', ')}`);
    console.log(`\n${table(await part())}`);
  }
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
