/** `windlass creds init`: a connection whose keys are in a private file, for machines without a keychain. */
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { formatCredentials } from '../connections/credentials-file.ts';
import { testConnection } from '../connections/test-connection.ts';
import { folders } from '../folders.ts';
import { replacePrivateFile } from '../private-file.ts';
import { CommandError } from './command-error.ts';
import { withConnections } from './connection-access.ts';
import { connectionFrom, withPlaceOptions, type PlaceOptions } from './connection-options.ts';
import { describeTest, isGood } from './describe-test.ts';
import { printJson } from './format.ts';
import { readKeys } from './read-keys.ts';

interface Options extends PlaceOptions {
  readonly credsFile?: string;
  readonly force?: boolean;
  readonly test: boolean;
  readonly json?: boolean;
}

export function credsCommand(ended: (status: number) => void): Command {
  return new Command('creds')
    .description('Keep keys in a file that you alone can read.')
    .addCommand(credsInitCommand(ended));
}

function credsInitCommand(ended: (status: number) => void): Command {
  return withPlaceOptions(
    new Command('init').description(
      'Try keys, write them into a TOML file of mode 0600, and keep a connection that uses it.',
    ),
  )
    .argument('<name>', 'what to call the connection: a-z, 0-9 and -')
    .option('--creds-file <file>', 'where to write the keys (default: creds/NAME.toml in the folder of configuration)')
    .option('--force', 'replace the file and the connection where they are there')
    .option('--no-test', 'write it without trying the keys')
    .option('--json', 'as JSON, for programs')
    .addHelpText(
      'after',
      `
The keys are asked for, and the secret one is not shown; or they are the lines of standard input: access key ID, secret
access key and, where there is one, session token.

Examples:
  windlass creds init lab --endpoint https://s3.example.com
  printf '%s\\n' "$ID" "$SECRET" | windlass creds init lab --endpoint https://s3.example.com --force

Exit status: 0 written and kept, 1 the try failed (and nothing was written) or something is there already, 2 the command
line is wrong.`,
    )
    .action(async (name: string, options: Options) => {
      ended(await init(name, options));
    });
}

async function init(name: string, options: Options): Promise<number> {
  const file = path.resolve(options.credsFile ?? path.join(folders().config, 'creds', `${name}.toml`));
  const connection = connectionFrom(name, options, { kind: 'file', path: file }, process.cwd());
  return withConnections(async (api) => {
    const exists = (await api.listConnections({})).some((one) => one.name === name);
    if (options.force !== true) {
      if (exists)
        throw new CommandError(`There is a connection ${name} already: choose another name, or give --force.`);
      if (await isThere(file)) throw new CommandError(`There is a file ${file} already: --force replaces it.`);
    }
    const keys = await readKeys({ input: process.stdin, prompt: process.stderr });
    if (options.test) {
      const result = await testConnection(connection, () => Promise.resolve({ keys }));
      if (options.json !== true) process.stderr.write(describeTest(result));
      if (!isGood(result)) {
        if (options.json === true) printJson(result);
        else process.stderr.write('Nothing was written; --no-test does it all the same.\n');
        return 1;
      }
    }
    await replacePrivateFile(file, formatCredentials(keys)).catch((cause: unknown) => {
      const code = (cause as NodeJS.ErrnoException).code ?? 'no reason given';
      throw new CommandError(`The file ${file} cannot be written (${code}): choose another with --creds-file.`, {
        cause,
      });
    });
    const kept = exists
      ? await api.changeConnection({ name, body: { unsent: 'refuse', ...connection } })
      : await api.addConnection({ body: connection });
    if (options.json === true) printJson(kept);
    else process.stdout.write(`The connection ${name} is kept, its keys in ${file}.\n`);
    return 0;
  });
}

async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    (error: unknown) => (error as NodeJS.ErrnoException).code !== 'ENOENT',
  );
}
