/** `windlass connection add`: keeps a connection once it has been tried. */
import path from 'node:path';
import { Command } from 'commander';
import type { Keys, NewConnection, SecretSource } from '../api/connections.ts';
import type { SignIn } from '../connections/connections.ts';
import { readCredentialsFile } from '../connections/credentials-file.ts';
import { testConnection } from '../connections/test-connection.ts';
import { CommandError, UsageError } from './command-error.ts';
import { withConnections } from './connection-access.ts';
import { connectionFrom, withPlaceOptions, type PlaceOptions } from './connection-options.ts';
import { printJson } from './format.ts';
import { readKeys } from './read-keys.ts';
import { describeTest, isGood } from './describe-test.ts';

interface Options extends PlaceOptions {
  readonly profile?: string;
  readonly credsFile?: string;
  readonly environment?: boolean;
  readonly replace?: boolean;
  readonly test: boolean;
  readonly json?: boolean;
}

export function connectionAddCommand(ended: (status: number) => void): Command {
  return withPlaceOptions(
    new Command('add').description(
      'Try a connection and keep it, with its keys in the keychain unless told otherwise.',
    ),
  )
    .argument('<name>', 'what to call it: a-z, 0-9 and -')
    .option('--folder <dir>', 'a local folder of objects in place of S3')
    .option('--profile <name>', 'sign in by a profile of AWS’s configuration files')
    .option('--creds-file <file>', 'sign in by a TOML file that you alone can read')
    .option('--environment', 'sign in as AWS’s tools do: by the environment, the container or the instance')
    .option('--replace', 'change the connection of this name, where there is one')
    .option('--no-test', 'keep it without trying it')
    .option('--json', 'as JSON, for programs')
    .addHelpText(
      'after',
      `
The keys are asked for, and the secret one is not shown; or they are the lines of standard input: access key ID, secret
access key and, where there is one, session token.

Examples:
  windlass connection add photos --region eu-central-1               AWS
  windlass connection add lab --endpoint http://127.0.0.1:9000       MinIO, Ceph, Garage …
  windlass connection add b2 --preset backblaze-b2 --region us-west-004
  windlass connection add work --profile work                        keys stay in ~/.aws
  pass show s3 | windlass connection add lab --endpoint https://s3.example.com
  windlass connection add scratch --folder /srv/objects              no S3 at all

Exit status: 0 kept, 1 the try failed (and nothing was kept) or it could not be kept, 2 the command line is wrong.`,
    )
    .action(async (name: string, options: Options) => {
      ended(await add(name, options));
    });
}

async function add(name: string, options: Options): Promise<number> {
  const secret = secretOf(options);
  const connection = connectionFrom(name, options, secret, process.cwd());
  const keys =
    secret.kind === 'keychain' ? await readKeys({ input: process.stdin, prompt: process.stderr }) : undefined;
  return withConnections(async (api) => {
    const exists = (await api.listConnections({})).some((one) => one.name === name);
    if (exists && options.replace !== true)
      throw new CommandError(`There is a connection ${name} already: choose another name, or give --replace.`);
    if (options.test && !(await isTriedAndGood(connection, keys, options))) return 1;
    const kept = exists
      ? await api.changeConnection({ name, body: { unsent: 'refuse', ...connection, ...(keys && { keys }) } })
      : await api.addConnection({ body: { ...connection, ...(keys && { keys }) } });
    if (options.json === true) printJson(kept);
    else process.stdout.write(`The connection ${name} is kept.\n`);
    return 0;
  });
}

/** Says what is wrong where something is. */
async function isTriedAndGood(connection: NewConnection, keys: Keys | undefined, { json }: Options): Promise<boolean> {
  const result = await testConnection(connection, () => signInOf(connection.secret, keys));
  if (isGood(result)) {
    if (json !== true) process.stderr.write(describeTest(result));
    return true;
  }
  if (json === true) printJson(result);
  else process.stderr.write(`${describeTest(result)}Nothing was kept; --no-test keeps it all the same.\n`);
  return false;
}

async function signInOf(secret: SecretSource, keys: Keys | undefined): Promise<SignIn> {
  if (keys !== undefined) return { keys };
  if (secret.kind === 'profile') return { profile: secret.profile };
  return secret.kind === 'file' ? { keys: await readCredentialsFile(secret.path) } : { chain: true };
}

/** @throws UsageError where more than one way to sign in is given */
function secretOf({ profile, credsFile, environment, folder }: Options): SecretSource {
  const ways = { '--profile': profile, '--creds-file': credsFile, '--environment': environment, '--folder': folder };
  const given = Object.entries(ways).flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
  if (given.length > 1) throw new UsageError(`${given.join(' and ')} both say how to sign in: give one.`);
  if (profile !== undefined) return { kind: 'profile', profile };
  if (credsFile !== undefined) return { kind: 'file', path: path.resolve(credsFile) };
  if (environment === true) return { kind: 'chain' };
  return folder !== undefined ? { kind: 'none' } : { kind: 'keychain' };
}
