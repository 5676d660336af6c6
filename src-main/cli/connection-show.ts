/** `windlass connection show` */
import { Command } from 'commander';
import type { Connection, SecretSource } from '../api/connections.ts';
import { presets } from '../api/presets.ts';
import { withConnections } from './connection-access.ts';
import { formatSize, printJson } from './format.ts';

export function connectionShowCommand(ended: (status: number) => void): Command {
  return new Command('show')
    .description('Show one connection; its keys are never shown.')
    .argument('<name>', 'the connection')
    .option('--json', 'as JSON, for programs')
    .addHelpText(
      'after',
      `
Examples:
  windlass connection show photos

Exit status: 0 shown, 1 there is no such connection, 2 the command line is wrong.`,
    )
    .action(async (name: string, { json }: { readonly json?: boolean }) => {
      const connection = await withConnections((api) => api.getConnection({ name }));
      if (json === true) printJson(connection);
      else process.stdout.write(describe(connection));
      ended(0);
    });
}

function describe(connection: Connection): string {
  const { name, preset, endpoint, region, folder, pathStyle, secret, hasKeys, buckets, caBundle, proxy } = connection;
  const rows: [string, string | undefined][] = [
    ['name', name],
    ['service', presets[preset].title],
    ['endpoint', endpoint],
    ['region', region],
    ['folder', folder],
    ['addresses', preset === 'folder' ? undefined : pathStyle === true ? 'buckets in paths' : 'buckets in hosts'],
    ['keys', wordsOf(secret, hasKeys)],
    ['buckets', buckets.length === 0 ? undefined : buckets.join(', ')],
    ['certificates', caBundle],
    ['proxy', proxy],
    ['not in S3 yet', connection.unsentBytes === 0 ? undefined : formatSize(connection.unsentBytes)],
    ['problem', connection.problem && `${connection.problem.detail} ${connection.problem.remedy}`],
  ];
  return rows.flatMap(([label, value]) => (value === undefined ? [] : [`${label.padEnd(13)}  ${value}\n`])).join('');
}

function wordsOf(secret: SecretSource, hasKeys: boolean): string | undefined {
  const missing = hasKeys ? '' : ', which has none now';
  switch (secret.kind) {
    case 'keychain':
      return `in the keychain${missing}`;
    case 'file':
      return `in ${secret.path}${missing}`;
    case 'profile':
      return `of the AWS profile ${secret.profile}`;
    case 'chain':
      return 'of the environment, the container or the instance';
    case 'session':
      return `for this run alone${missing}`;
    case 'none':
      return undefined;
  }
}
