/** A gateway's state in words. Pure. */
import type { FileState, GatewayNotice, GatewayStatus, Transfer } from '../../gateway/control.ts';

/** @param now milliseconds since the epoch */
export function describeStatus(
  status: GatewayStatus,
  transfers: readonly Transfer[],
  notices: readonly GatewayNotice[],
  now: number,
): string {
  const { address, port, exports, pending, failed, stagedBytes, isPaused } = status;
  const served = exports.map(({ name, bucket, prefix, readOnly }) => {
    const place = prefix === '' ? bucket : `${bucket}/${prefix}`;
    return `  /${name}  ${place}${readOnly ? '  read-only' : ''}`;
  });
  const work =
    pending === 0
      ? 'Everything is in S3.'
      : `${count(pending, 'change')} not in S3 yet, ${size(stagedBytes)} staged${failed === 0 ? '' : `, ${failed} failed`}.`;
  const lines = transfers.map((transfer) => describeTransfer(transfer, now));
  const more = pending - transfers.length;
  return [
    `The gateway serves at ${address}:${port}`,
    ...served,
    isPaused ? `Paused. ${work} windlass resume goes on.` : work,
    ...lines,
    ...(more > 0 ? [`  … and ${more} more`] : []),
    ...(notices.length === 0 ? [] : [`${count(notices.length, 'notice')}:`]),
    ...notices.map(({ time, export: name, message }) => `  ${new Date(time).toISOString()}  ${name}: ${message}`),
  ].join('\n');
}

function describeTransfer(
  { export: name, path, kind, state, size: bytes, nextTry, error }: Transfer,
  now: number,
): string {
  const what = kind === 'upload' ? `${name}/${path}` : `${kind} ${name}/${path}`;
  const amount = bytes > 0 ? `  ${size(bytes)}` : '';
  const when = nextTry === undefined || state === 'running' ? '' : `  in ${duration(nextTry - now)}`;
  return `  ${state.padEnd(7)}  ${what}${amount}${when}${error === undefined ? '' : `\n           ${error.message}`}`;
}

export function describeFile(file: string, { state, size: bytes, error }: FileState): string {
  const words: Readonly<Record<FileState['state'], string>> = {
    'in-s3': 'is in S3',
    staged: 'is on the local disk and not in S3 yet',
    uploading: 'is being uploaded',
    failed: `is on the local disk and could not be sent: ${error?.message ?? ''}`,
    'local-only': 'stays on this machine: files of its name are never sent',
  };
  return `${file} (${size(bytes)}) ${words[state]}`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ''}`;
}

function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
