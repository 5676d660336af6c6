/** `windlass ui`: the window in a browser, for machines without a desktop. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import readline from 'node:readline';
import { Command } from 'commander';
import { controlClient, type ControlAddress } from '../control/control-client.ts';
import { folders } from '../folders.ts';
import { serviceAddress } from '../ui-server/service-address.ts';
import { Sessions } from '../ui-server/sessions.ts';
import { uiListener } from '../ui-server/ui-server.ts';
import { readWindow } from '../ui-server/window-files.ts';
import { CommandError, UsageError } from './command-error.ts';
import { ParseError } from './parse-error.ts';
import { parsePort } from './parse-number.ts';

interface Options {
  readonly port: string;
  readonly socket?: string;
}

export function uiCommand(ended: (status: number) => void): Command {
  return new Command('ui')
    .description('Serve the window to a browser on this machine, until Ctrl-C.')
    .option('--port <port>', 'where to listen on 127.0.0.1; 0: wherever there is room', '0')
    .option('--socket <path>', 'the control socket of the service (default: your own)')
    .addHelpText(
      'after',
      `
It prints an address with a code in it, which signs in once within five minutes; Enter prints another. Nothing is given to
anybody who has not signed in. From another machine: ssh -L PORT:127.0.0.1:PORT HOST, and open the address there.

Examples:
  windlass ui
  windlass ui --port 8421

Exit status: 0 ended by Ctrl-C or SIGTERM, 1 it could not be served, 2 the command line is wrong.`,
    )
    .action(async (options: Options) => {
      await serve(options);
      ended(0);
    });
}

async function serve(options: Options): Promise<void> {
  const port = portOf(options.port);
  const service: ControlAddress =
    options.socket === undefined ? serviceAddress(folders()) : { socketPath: options.socket };
  const files = await readWindow();
  if (files === undefined) throw new CommandError('The window is not built: run “npm run build” in the checkout.');
  // Without a service there is nothing to show: this says so at once.
  await controlClient(service).listConnections({});
  const sessions = new Sessions();
  const onDefect = (error: unknown): void => {
    process.stderr.write(`windlass: a request failed unexpectedly: ${String(error)}\n`);
  };
  const server = http.createServer(uiListener({ files, sessions, service, onDefect }));
  const address = await listen(server, port);
  const announce = (): void => {
    process.stdout.write(`Open http://127.0.0.1:${address.port}/#code=${sessions.newCode()}\n`);
  };
  announce();
  await untilEnded(announce);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** @throws UsageError */
function portOf(text: string): number {
  try {
    return parsePort(text);
  } catch (error) {
    if (error instanceof ParseError) throw new UsageError(`--port ${error.message}.`, { cause: error });
    throw error;
  }
}

/** @throws CommandError where the port is taken */
async function listen(server: http.Server, port: number): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE'
          ? 'is taken: give another with --port'
          : `cannot be used: ${cause.code ?? cause.message}`;
      reject(new CommandError(`Port ${port} of 127.0.0.1 ${why}.`, { cause }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  return server.address() as AddressInfo;
}

/** @param onEnter someone at the terminal wants another code */
function untilEnded(onEnter: () => void): Promise<void> {
  const lines = process.stdin.isTTY ? readline.createInterface({ input: process.stdin }) : undefined;
  lines?.on('line', onEnter);
  return new Promise((resolve) => {
    const end = (): void => {
      lines?.close();
      resolve();
    };
    lines?.on('SIGINT', end);
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
  });
}
