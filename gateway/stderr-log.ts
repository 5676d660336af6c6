/** The one logger: JSON lines on stderr, written without waiting for whoever reads them, complete when the process ends. */
import { pino } from 'pino';
import type { Log } from './log.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Where the configuration and its parts hold keys. */
const secrets = [
  'credentials',
  'connection.credentials',
  'exports[*].connection.credentials',
  'allBuckets.connection.credentials',
];

export function stderrLog(level: LogLevel): Log {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Nothing logs secrets; this holds also where a whole configuration slips in.
      redact: {
        paths: [
          ...secrets,
          ...secrets.map((path) => `*.${path}`),
          'secretAccessKey',
          '*.secretAccessKey',
          '*.sessionToken',
        ],
        censor: '[secret]',
      },
    },
    pino.destination({ dest: 2, sync: false }),
  );
}
