/** `windlass pause`: no upload begins until `windlass resume`. */
import type { Command } from 'commander';
import { runningCommand, withGateway, type RunningOptions } from './running-gateway.ts';

export function pauseCommand(ended: (status: number) => void): Command {
  return runningCommand(
    'pause',
    'Begin no more uploads until “windlass resume”, over restarts too; those under way end.',
  )
    .addHelpText(
      'after',
      `
What is written meanwhile is staged on the local disk; a write is refused only when that is full.

Exit status: 0 uploads are paused, 1 no gateway could be asked, 2 the command line is wrong.`,
    )
    .action(async (options: RunningOptions) => {
      await withGateway(options, (client) => client.call('pause', {}));
      process.stdout.write('Uploads are paused. “windlass resume” lets them go on.\n');
      ended(0);
    });
}
