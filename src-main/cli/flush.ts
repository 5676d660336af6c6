/** `windlass flush`: sends everything now, and waits for it. */
import type { Command } from 'commander';
import { count } from './format.ts';
import { runningCommand, withGateway, type RunningOptions } from './running-gateway.ts';

export function flushCommand(ended: (status: number) => void): Command {
  return runningCommand('flush', 'Send everything that is not in S3 yet, what failed before too, and wait for it.')
    .addHelpText(
      'after',
      `
It waits as long as S3 is away; Ctrl-C ends the waiting and not the uploads. What has failed for good is tried once.

Examples:
  windlass flush && echo "everything is in S3"

Exit status: 0 everything is in S3, 1 something is not or no gateway could be asked, 2 the command line is wrong.`,
    )
    .action(async (options: RunningOptions) => {
      const { pending, failed, isPaused } = await withGateway(options, (client) => client.call('flush', {}));
      if (pending === 0) process.stdout.write('Everything is in S3.\n');
      else if (isPaused)
        process.stdout.write(
          `${count(pending, 'change')} not sent: uploads are paused. “windlass resume” lets them go on.\n`,
        );
      else {
        const why =
          failed > 0
            ? count(failed, 'of them has failed', 'of them have failed')
            : 'held by open files or exports that are not served';
        process.stdout.write(`${count(pending, 'change')} not in S3: ${why}. “windlass status” says more.\n`);
      }
      ended(pending === 0 ? 0 : 1);
    });
}
