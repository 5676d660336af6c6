/** `windlass connection test` */
import { Command } from 'commander';
import { withConnections } from './connection-access.ts';
import { describeTest, isGood } from './describe-test.ts';
import { printJson } from './format.ts';

export function connectionTestCommand(ended: (status: number) => void): Command {
  return new Command('test')
    .description('Try a connection step by step, and say of what is wrong how to mend it.')
    .argument('<name>', 'the connection')
    .option('--json', 'as JSON, for programs')
    .addHelpText(
      'after',
      `
Examples:
  windlass connection test photos
  windlass connection test photos --json | jq '.steps[] | select(.outcome == "failed").problem'

Exit status: 0 all is well, 1 something is not, 2 the command line is wrong.`,
    )
    .action(async (name: string, { json }: { readonly json?: boolean }) => {
      const result = await withConnections((api) => api.testConnection({ name }));
      if (json === true) printJson(result);
      else process.stdout.write(describeTest(result));
      ended(isGood(result) ? 0 : 1);
    });
}
