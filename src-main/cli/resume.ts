/** `windlass resume`: uploads go on. */
import type { Command } from 'commander';
import { runningCommand, withGateway, type RunningOptions } from './running-gateway.ts';

export function resumeCommand(ended: (status: number) => void): Command {
  return runningCommand('resume', 'Let uploads go on after “windlass pause”.')
    .addHelpText('after', '\nExit status: 0 uploads go on, 1 no gateway could be asked, 2 the command line is wrong.')
    .action(async (options: RunningOptions) => {
      await withGateway(options, (client) => client.call('resume', {}));
      process.stdout.write('Uploads go on.\n');
      ended(0);
    });
}
