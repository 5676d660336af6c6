/** `windlass connection list` */
import { Command } from 'commander';
import type { Connection } from '../api/connections.ts';
import { presets } from '../api/presets.ts';
import { withConnections } from './connection-access.ts';
import { printJson } from './format.ts';

export function connectionListCommand(ended: (status: number) => void): Command {
  return new Command('list')
    .description('List the connections that are kept.')
    .option('--json', 'as JSON, for programs')
    .addHelpText(
      'after',
      `
Examples:
  windlass connection list
  windlass connection list --json | jq -r '.[].name'

Exit status: 0 listed, 1 they could not be read, 2 the command line is wrong.`,
    )
    .action(async ({ json }: { readonly json?: boolean }) => {
      const connections = await withConnections((api) => api.listConnections({}));
      if (json === true) printJson(connections);
      else if (connections.length === 0)
        process.stdout.write('There are no connections yet: “windlass connection add” keeps one.\n');
      else process.stdout.write(connections.map(lineOf).join(''));
      ended(0);
    });
}

function lineOf({ name, preset, endpoint, folder, region, hasKeys, secret }: Connection): string {
  const place = folder ?? endpoint ?? [presets[preset].title, region].filter(Boolean).join(' ');
  const keys = hasKeys || secret.kind === 'none' ? '' : ' (no keys)';
  return `${name.padEnd(16)}  ${place}${keys}\n`;
}
