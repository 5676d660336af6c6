/** Sizes, rates and times as people read them. Pure. */
import type { Transfers } from '../../src-main/api/transfers.ts';

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `1.5 MiB` */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 2 ** (10 * power);
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? 'B'}`;
}

/** `2 min`, of seconds. */
export function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Bytes that are still to go, and how long that takes at the present rate; what has failed is not waited for. */
export function remaining({ transfers, rate, isPaused }: Transfers): {
  readonly bytes: number;
  readonly seconds: number | undefined;
} {
  const going = transfers.filter(({ kind, state }) => kind === 'upload' && state !== 'failed');
  const bytes = going.reduce((sum, { size, sent }) => sum + Math.max(0, size - sent), 0);
  return { bytes, seconds: isPaused || rate <= 0 || bytes === 0 ? undefined : bytes / rate };
}
