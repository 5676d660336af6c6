/** The gateway that a command is about, and how a command speaks with it. */
import path from 'node:path';
import { Command } from 'commander';
import { folders } from '../folders.ts';
import { ControlClient } from './control-client.ts';

export function defaultDataFolder(): string {
  return path.join(folders().data, 'gateway');
}

export interface RunningOptions {
  readonly dataDir?: string;
}

/** A command about a gateway that runs. */
export function runningCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--data-dir <dir>', 'the data folder of the gateway that is meant, where more than one runs');
}

/** Connects, does the work, and lets go. @throws CommandError */
export async function withGateway<T>(
  { dataDir }: RunningOptions,
  work: (client: ControlClient) => Promise<T>,
): Promise<T> {
  const client = await ControlClient.open({
    runtimeFolder: folders().runtime,
    dataFolder: dataDir === undefined ? undefined : path.resolve(dataDir),
    defaultDataFolder: defaultDataFolder(),
    platform: process.platform,
  });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}
