/** `windlass connection remove` */
import path from 'node:path';
import { Command } from 'commander';
import type { RemovalOfUnsent } from '../connections/connection-handlers.ts';
import { UsageError } from './command-error.ts';
import { withConnections } from './connection-access.ts';

interface Options {
  readonly send?: boolean;
  readonly export?: string;
  readonly discard?: string;
}

export function connectionRemoveCommand(ended: (status: number) => void): Command {
  return new Command('remove')
    .description('Forget a connection and its keys; refused while it holds data that S3 does not have.')
    .argument('<name>', 'the connection')
    .option('--send', 'send what S3 does not have first')
    .option('--export <dir>', 'write what S3 does not have into an empty folder first')
    .option('--discard <name>', 'throw away what S3 does not have; repeat the name of the connection')
    .addHelpText(
      'after',
      `
Examples:
  windlass connection remove photos
  windlass connection remove photos --send

A credentials file or an AWS profile that it used is left as it is.

Exit status: 0 forgotten, 1 it was not, 2 the command line is wrong.`,
    )
    .action(async (name: string, options: Options) => {
      await withConnections((api) => api.removeConnection({ name, body: { unsent: unsentOf(options) } }));
      process.stdout.write(`The connection ${name} is forgotten.\n`);
      ended(0);
    });
}

/** @throws UsageError */
function unsentOf({ send, export: folder, discard }: Options): RemovalOfUnsent {
  if ([send, folder, discard].filter((one) => one !== undefined).length > 1)
    throw new UsageError('--send, --export and --discard exclude each other: give one.');
  if (send === true) return { action: 'send' };
  if (folder !== undefined) return { action: 'export', folder: path.resolve(folder) };
  return discard === undefined ? { action: 'refuse' } : { action: 'discard', confirm: discard };
}
