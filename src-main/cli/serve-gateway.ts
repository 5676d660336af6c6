/** A gateway that owns its process: pid file, `ready` line, signals. */
import { constants } from 'node:os';
import type { Log, RunningGateway } from '../../gateway/main.ts';
import { formatAddress } from './parse-bind.ts';
import { PidFile } from './pid-file.ts';

const signals = ['SIGTERM', 'SIGINT'] as const;
type Signal = (typeof signals)[number];

/**
 * Signals this close together are one. Ctrl-C under `npm run` arrives twice: from the terminal, which tells every process
 * in the foreground, and from npm, which passes it on.
 */
const sameSignalMilliseconds = 250;

export interface Serving {
  readonly start: () => Promise<RunningGateway>;
  readonly log: Log;
  /** Absolute path; undefined: no pid file. */
  readonly pidFile: string | undefined;
  /** Opens the control connection to it; undefined: none. */
  readonly openControl?: (gateway: RunningGateway) => Promise<{ close(): Promise<void> }>;
}

/**
 * Serves until SIGTERM or SIGINT; the first lets uploads finish, the second does not.
 *
 * @returns the exit status; the caller ends the process with it at once
 * @throws what `start` throws; CommandError for the pid file
 */
export async function serveGateway({ start, log, pidFile: path, openControl }: Serving): Promise<number> {
  const pidFile = path === undefined ? undefined : await PidFile.claim(path);
  const first = Promise.withResolvers<Signal>();
  const second = Promise.withResolvers<Signal>();
  let firstAt: number | undefined;
  const receive = (signal: Signal) => {
    if (firstAt !== undefined && performance.now() - firstAt < sameSignalMilliseconds) return;
    (firstAt === undefined ? first : second).resolve(signal);
    firstAt ??= performance.now();
  };
  for (const signal of signals) process.on(signal, receive);
  const exitAtOnce = (status: number) => {
    pidFile?.remove();
    return status;
  };
  try {
    const running = await Promise.race([start(), first.promise]);
    // Before it serves there is nothing to finish, and a start that waits for S3 must not hold the user up.
    if (typeof running === 'string') return bySignal(running);
    process.on('uncaughtException', (err) => {
      log.error({ err }, 'stopped by a defect; what was committed goes up after the next start');
      process.exit(exitAtOnce(1));
    });
    let control: { close(): Promise<void> } | undefined;
    try {
      control = await openControl?.(running);
      await pidFile?.write();
    } catch (error) {
      await control?.close();
      await running.stop({ finishUploads: false });
      throw error;
    }
    process.stdout.write(`ready ${formatAddress(running.address, running.port)}\n`);
    const asked = await Promise.race([first.promise, running.stopAsked]);
    const signal = typeof asked === 'string' ? asked : undefined;
    const { finishUploads } = typeof asked === 'string' ? { finishUploads: true } : asked;
    log.info({ signal }, 'stopping once uploads are finished; a second signal stops at once, and nothing is lost');
    const interrupted = await Promise.race([
      // Shut before another gateway may have the data folder: its socket would have the same name.
      running.stop({ finishUploads, beforeRelease: async () => control?.close() }),
      signal === undefined ? Promise.race([first.promise, second.promise]) : second.promise,
    ]);
    await control?.close();
    return exitAtOnce(interrupted === undefined ? 0 : bySignal(interrupted));
  } catch (error) {
    exitAtOnce(1);
    throw error;
  } finally {
    for (const signal of signals) process.off(signal, receive);
  }
}

/** The status that shells give to what a signal ended. */
function bySignal(signal: Signal): number {
  return 128 + constants.signals[signal];
}
