/** Measurements as Markdown. */
import { verdictOf, type Measurement } from './measure.ts';
import type { Workload } from './workloads/workload.ts';

export interface PeerReport {
  readonly name: string;
  readonly version: string;
  readonly measurements: readonly Measurement[];
}

export interface ReportConditions {
  /** Name of the S3 server. */
  readonly server: string;
  readonly latencyMilliseconds: number;
  /** `YYYY-MM-DD` */
  readonly date: string;
}

const heads = [
  'workload',
  'requests',
  'target',
  'verdict',
  'by kind',
  'at mount',
  'up',
  'down',
  'seconds',
  'until uploaded',
];

export function peerTable(measurements: readonly Measurement[]): string {
  return table(heads, measurements.map(peerRow));
}

function peerRow(measurement: Measurement): readonly string[] {
  const { workload, total, byKind, atMount, bytesUp, bytesDown, seconds, secondsUntilUploaded } = measurement;
  return [
    workload.title,
    String(total),
    String(workload.targetRequests ?? '–'),
    verdictOf(measurement),
    Object.entries(byKind)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', '),
    String(atMount),
    sizeOf(bytesUp),
    sizeOf(bytesDown),
    seconds.toFixed(1),
    secondsUntilUploaded.toFixed(1),
  ];
}

/** Requests of all programs side by side. */
export function comparison(reports: readonly PeerReport[]): string {
  return sideBySide(
    reports,
    (workload) => [String(workload.targetRequests ?? '–')],
    ['target'],
    ({ total }) => String(total),
  );
}

/** Seconds of all programs side by side: the script's own, and from its start until everything was in S3. */
export function secondsComparison(reports: readonly PeerReport[]): string {
  return sideBySide(
    reports,
    () => [],
    [],
    ({ seconds, secondsUntilUploaded }) => `${seconds.toFixed(1)} / ${secondsUntilUploaded.toFixed(1)}`,
  );
}

function sideBySide(
  reports: readonly PeerReport[],
  fixed: (workload: Workload) => readonly string[],
  heads: readonly string[],
  figure: (measurement: Measurement) => string,
): string {
  const measured = new Map(
    reports.flatMap(({ measurements }) => measurements.map(({ workload }) => [workload.name, workload])),
  );
  const rows = [...measured.values()].map((workload) => {
    const cells = reports.map(({ measurements }) => {
      const measurement = measurements.find((each) => each.workload.name === workload.name);
      if (measurement === undefined) return '–';
      const verdict = verdictOf(measurement);
      return verdict === 'wrong' ? `${figure(measurement)} (wrong)` : figure(measurement);
    });
    return [workload.title, ...fixed(workload), ...cells];
  });
  return table(['workload', ...heads, ...reports.map(({ name }) => name)], rows);
}

/** The whole of docs/requests.md. */
export function document(
  reports: readonly PeerReport[],
  { server, latencyMilliseconds, date }: ReportConditions,
): string {
  const latency = latencyMilliseconds === 0 ? 'no added latency' : `${latencyMilliseconds} ms added to every request`;
  return [
    '# S3 requests',
    'What ordinary work in a mounted bucket costs in S3 requests. Each workload begins with a fresh mount whose caches are ' +
      'empty, runs in the directory `work/`, and ends when no request was seen for 4 s. A proxy counts what arrives at the S3 ' +
      'server. Left out is the first listing of the root of the mount; what a program asked before the workload began is in the ' +
      'column “at mount”. Windlass finds out with the first request of each kind in a bucket whether the server honours ' +
      'conditions there, and keeps the answer: before the mount that is measured, another one with the same data folder has ' +
      'done each kind once, in another directory, as a bucket in use has seen. Afterwards the bucket must hold exactly what ' +
      'the workload wrote, byte for byte, or the verdict is “wrong”.',
    `Measured on ${date} by \`npm run bench\`, S3 server ${server}, ${latency}.`,
    ...(reports.length > 1
      ? [
          '## Side by side',
          comparison(reports),
          'Seconds of the script, and from its start until everything was in S3. Programs on a Windlass mount run in a guest ' +
            'whose kernel is an ordinary process, where every call to the system is several times slower than on the machine ' +
            'itself, where those on the other mounts run.',
          secondsComparison(reports),
        ]
      : []),
    ...reports.flatMap((report) => [
      `## ${report.name} ${report.version}`,
      peerTable(report.measurements),
      ...differencesOf(report.measurements),
    ]),
  ]
    .join('\n\n')
    .concat('\n');
}

/** Why verdicts are “wrong”, one paragraph per workload. */
export function differencesOf(measurements: readonly Measurement[]): readonly string[] {
  const [shown, longest] = [3, 1000];
  return measurements
    .filter(({ differences }) => differences.length > 0)
    .map(({ workload, differences }) => {
      const more = differences.length > shown ? `; and ${differences.length - shown} more` : '';
      const first = differences.slice(0, shown).map((each) => each.replaceAll(/\s+/g, ' ').slice(0, longest));
      return `${workload.title}: ${first.join('; ')}${more}.`;
    });
}

/** Columns as wide as their longest cell, so that it reads well on a terminal too. */
function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = columns.map((head, index) => Math.max(head.length, ...cells.map((row) => row[index]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, index) => (row[index] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(0)} KiB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
