/** `windlass status`, `flush`, `pause` and `resume`: what a gateway that runs is asked over its control socket. */
import path from 'node:path';
import { Command } from 'commander';
import { ControlError, type ControlClient } from '../../gateway/control.ts';
import { connectToGateway } from '../control/gateway-socket.ts';
import { folders } from '../folders.ts';
import { CommandError } from './command-error.ts';
import { exportPathOf } from './export-path.ts';
import { describeFile, describeStatus } from './describe-status.ts';

interface Options {
  readonly dataDir?: string;
  readonly json?: boolean;
}

/** Transfers that `status` shows without `--json`. */
const shownTransfers = 20;

export function controlCommands(): readonly Command[] {
  const command = (name: string, description: string): Command =>
    new Command(name)
      .description(description)
      .option('--data-dir <dir>', "the gateway's data folder, where several run")
      .option('--json', 'print one JSON object, for programs');
  return [
    command('status', 'Say what is on its way to S3, what failed and why; or how far one file has come.')
      .argument('[file]', 'a file in a mount, or /EXPORT/PATH as the gateway names it')
      .addHelpText('after', examples('windlass status', 'windlass status /mnt/photos/a.jpg', 'windlass status --json'))
      .action((file: string | undefined, options: Options) =>
        withGateway(options, (client) =>
          file === undefined ? status(client, options) : fileStatus(client, file, options),
        ),
      ),
    command('flush', 'Send everything to S3 now, and wait until it is there or S3 has refused it.')
      .addHelpText('after', `${examples('windlass flush')}\nEnds with status 1 where something could not be sent.`)
      .action((options: Options) =>
        withGateway(options, async (client) => {
          const { failed } = await client.call('flush', {});
          await status(client, options);
          if (failed > 0)
            throw new CommandError(
              `${failed} changes could not be sent; what was written is kept, and they are tried again.`,
            );
        }),
      ),
    command('pause', 'Send nothing to S3 until windlass resume; what is written meanwhile is kept on the local disk.')
      .addHelpText('after', examples('windlass pause'))
      .action((options: Options) =>
        withGateway(options, async (client) => {
          await client.call('pause', {});
          await status(client, options);
        }),
      ),
    command('resume', 'Go on sending after windlass pause.')
      .addHelpText('after', examples('windlass resume'))
      .action((options: Options) =>
        withGateway(options, async (client) => {
          await client.call('resume', {});
          await status(client, options);
        }),
      ),
  ];
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

async function status(client: ControlClient, { json }: Options): Promise<void> {
  const state = await client.call('status', {});
  const { transfers } = await client.call('transfers', json === true ? {} : { limit: shownTransfers });
  const { notices } = await client.call('notices', {});
  if (json === true) print(JSON.stringify({ ...state, transfers, notices }, undefined, 2));
  else print(describeStatus(state, transfers, notices, Date.now()));
}

async function fileStatus(client: ControlClient, file: string, { json }: Options): Promise<void> {
  const { port } = await client.call('status', {});
  const exported = await exportPathOf(path.resolve(file), port);
  const state = await client.call('file', { path: exported ?? file });
  print(json === true ? JSON.stringify({ path: exported ?? file, ...state }, undefined, 2) : describeFile(file, state));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** @throws CommandError */
async function withGateway({ dataDir }: Options, ask: (client: ControlClient) => Promise<void>): Promise<void> {
  try {
    const { client, close } = await connectToGateway(folders().runtime, dataDir);
    try {
      await ask(client);
    } finally {
      close();
    }
  } catch (error) {
    throw error instanceof ControlError ? new CommandError(error.message, { cause: error }) : error;
  }
}
