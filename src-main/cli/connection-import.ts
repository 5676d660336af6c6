/** `windlass connection import`: connections by AWS profiles, whose keys stay where they are. */
import os from 'node:os';
import { Command } from 'commander';
import { newConnection, type NewConnection } from '../api/connections.ts';
import { readAwsProfiles, type AwsProfile } from '../connections/aws-profiles.ts';
import { CommandError } from './command-error.ts';
import { withConnections } from './connection-access.ts';
import { printJson } from './format.ts';

interface Options {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function connectionImportCommand(ended: (status: number) => void): Command {
  return new Command('import')
    .description('Keep a connection for each profile of AWS’s configuration files; their keys stay there.')
    .argument('[profiles...]', 'which (default: all)')
    .option('--dry-run', 'show what would be kept, and keep nothing')
    .option('--json', 'as JSON, for programs')
    .addHelpText(
      'after',
      `
A profile whose connection is there already is left out. Nothing is tried: “windlass connection test” does that.

Examples:
  windlass connection import --dry-run
  windlass connection import work backup

Exit status: 0 done, 1 a profile that is named is not there, 2 the command line is wrong.`,
    )
    .action(async (names: readonly string[], options: Options) => {
      await importProfiles(names, options);
      ended(0);
    });
}

async function importProfiles(names: readonly string[], { dryRun, json }: Options): Promise<void> {
  const found = await readAwsProfiles(process.env, os.homedir());
  const missing = names.find((name) => !found.some((profile) => profile.name === name));
  if (missing !== undefined) throw new CommandError(`There is no AWS profile ${missing}.`);
  const wanted = names.length === 0 ? found : found.filter(({ name }) => names.includes(name));
  const kept = await withConnections(async (api) => {
    const taken = new Set((await api.listConnections({})).map(({ name }) => name));
    const added: NewConnection[] = [];
    for (const connection of wanted.map(connectionOf)) {
      if (taken.has(connection.name)) continue;
      taken.add(connection.name);
      if (dryRun !== true) await api.addConnection({ body: connection });
      added.push(connection);
    }
    return added;
  });
  if (json === true) {
    printJson(kept);
    return;
  }
  const verb = dryRun === true ? 'would be kept' : 'is kept';
  for (const { name, secret } of kept) {
    const profile = secret.kind === 'profile' ? secret.profile : name;
    process.stdout.write(`${name} ${verb}, for the profile ${profile}.\n`);
  }
  if (kept.length === 0) process.stdout.write('There is no profile without a connection.\n');
}

function connectionOf({ name, region, endpoint }: AwsProfile): NewConnection {
  return newConnection.parse({
    name: nameFor(name),
    preset: endpoint === undefined ? 'aws' : 'custom',
    endpoint,
    region,
    secret: { kind: 'profile', profile: name },
  });
}

/** Profiles have any name, connections only simple ones. */
function nameFor(profile: string): string {
  const simple = profile
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63);
  return simple === '' ? 'profile' : simple;
}
