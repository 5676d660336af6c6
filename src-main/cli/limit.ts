/** `windlass limit`: how fast uploads may be. */
import type { Command } from 'commander';
import { UsageError } from './command-error.ts';
import { ParseError } from './parse-error.ts';
import { parseSize } from './parse-size.ts';
import { formatSize } from './format.ts';
import { runningCommand, withGateway, type RunningOptions } from './running-gateway.ts';

export function limitCommand(ended: (status: number) => void): Command {
  return runningCommand('limit', 'Limit how much uploads send a second, all together; kept over restarts.')
    .argument('<rate>', 'bytes per second, such as 500K, 2M or 1.5M (units of 1,024), at least 1K; or “none”')
    .addHelpText(
      'after',
      `
Examples:
  windlass limit 2M      no more than 2 MiB a second
  windlass limit none    as fast as it goes

Exit status: 0 the limit counts, 1 no gateway could be asked, 2 the command line is wrong.`,
    )
    .action(async (rate: string, options: RunningOptions) => {
      const limit = rate === 'none' ? null : parseRate(rate);
      await withGateway(options, (client) => client.call('bandwidth', { limit }));
      process.stdout.write(
        limit === null ? 'Uploads are not limited.\n' : `Uploads send at most ${formatSize(limit)} a second.\n`,
      );
      ended(0);
    });
}

function parseRate(text: string): number {
  try {
    return parseSize(text, 1024);
  } catch (error) {
    if (error instanceof ParseError) throw new UsageError(`The rate ${error.message}.`, { cause: error });
    throw error;
  }
}
