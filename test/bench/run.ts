/**
 * npm run bench -- [--peer windlass|s3fs|rclone]… [--server moto|versitygw] [--latency MS] [--only WORKLOAD]… [--trace] [--write]
 *
 * Counts the S3 requests of everyday work and compares them with the targets. --trace prints every request; --write puts the
 * tables into docs/requests.md. Exit status 1 where Windlass misses a target or any program leaves something else than was
 * written. Needs Linux and root.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installPackages } from '../lab/install.ts';
import { startProxy, type ExchangeRecord } from '../s3/proxy.ts';
import { startMoto, startVersitygw } from '../s3/servers.ts';
import { measure, verdictOf, type Measurement } from './measure.ts';
import type { Peer } from './peers/peer.ts';
import { rclone } from './peers/rclone.ts';
import { s3fs } from './peers/s3fs.ts';
import { windlass } from './peers/windlass.ts';
import { comparison, differencesOf, document, peerTable, type PeerReport } from './report.ts';
import { workloads } from './workloads/index.ts';

const { values } = parseArgs({
  options: {
    peer: { type: 'string', multiple: true, default: ['windlass'] },
    server: { type: 'string', default: 'versitygw' },
    latency: { type: 'string', default: '0' },
    only: { type: 'string', multiple: true },
    trace: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

if (values.peer.some((name) => name !== 'windlass')) await installPackages(['peers']);

const servers = { moto: startMoto, versitygw: startVersitygw };
const chosen = values.only === undefined ? workloads : values.only.map((name) => pick('workload', byName(), name));
const latencyMilliseconds = Number(values.latency);

const records: ExchangeRecord[] = [];
const server = await pick('server', servers, values.server)();
const proxy = await startProxy({
  target: server.endpoint,
  latencyMilliseconds,
  onExchange(record) {
    records.push(record);
    if (values.trace) console.log(`  ${traceOf(record)}`);
  },
});
const peers = { windlass: () => windlass(proxy), s3fs: async () => s3fs(), rclone: async () => rclone() };
const reports: PeerReport[] = [];
try {
  for (const name of values.peer) reports.push(await reportOn(await pick('peer', peers, name)()));
} finally {
  await proxy.stop();
  await server.stop();
}

if (reports.length > 1) console.log(`\n${comparison(reports)}`);
if (values.write) {
  const date = new Date().toISOString().slice(0, 10);
  const text = document(reports, { server: values.server, latencyMilliseconds, date });
  await writeFile(fileURLToPath(new URL('../../docs/requests.md', import.meta.url)), text);
}
const failed = reports.some(({ name, measurements }) =>
  measurements.map(verdictOf).some((verdict) => verdict !== 'ok' && name === 'windlass'),
);
process.exitCode = failed ? 1 : 0;

async function reportOn(peer: Peer): Promise<PeerReport> {
  const measurements: Measurement[] = [];
  const version = await peer.version();
  try {
    for (const workload of chosen) {
      const measurement = await measure({ server, proxy, endpoint: proxy.endpoint, records }, peer, workload);
      measurements.push(measurement);
      console.log(
        `${peer.name}: ${workload.title}: ${measurement.total} of ${workload.targetRequests ?? '–'}, ${verdictOf(measurement)}`,
      );
    }
  } finally {
    await peer.close();
  }
  console.log(['', `${peer.name} ${version}`, peerTable(measurements), ...differencesOf(measurements), ''].join('\n'));
  return { name: peer.name, version, measurements };
}

function byName(): Record<string, (typeof workloads)[number]> {
  return Object.fromEntries(workloads.map((workload) => [workload.name, workload]));
}

function pick<T>(what: string, choices: Readonly<Record<string, T>>, name: string): T {
  const choice = Object.hasOwn(choices, name) ? choices[name] : undefined;
  if (choice === undefined) throw new Error(`There is no ${what} ${name}, only ${Object.keys(choices).join(', ')}`);
  return choice;
}

function traceOf({ kind, key, query, range, status, bytesUp, bytesDown }: ExchangeRecord): string {
  const listing = kind.startsWith('ListObjects')
    ? `prefix=${query.get('prefix') ?? ''} delimiter=${query.get('delimiter') ?? ''}`
    : '';
  return [kind, key, listing, range, `${status ?? 'broken'}`, `${bytesUp} up`, `${bytesDown} down`]
    .filter(Boolean)
    .join(' ');
}
