/** What doctor looks at on this machine, so that a test can be another one. */
import { access, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import { runCommand, type RunCommand } from '../mounts/command-line.ts';

export interface Machine {
  readonly platform: NodeJS.Platform;
  /** undefined on Windows. */
  readonly uid: number | undefined;
  /** Of the kernel. */
  readonly release: string;
  readonly exists: (file: string) => Promise<boolean>;
  /** undefined where it cannot be read. */
  readonly read: (file: string) => Promise<string | undefined>;
  readonly run: RunCommand;
  /** Whether the port of 127.0.0.1 could be listened on; else the system's code of why not. */
  readonly listen: (port: number) => Promise<true | string>;
}

export const thisMachine: Machine = {
  platform: process.platform,
  uid: process.getuid?.(),
  release: os.release(),
  exists: (file) =>
    access(file).then(
      () => true,
      () => false,
    ),
  read: (file) => readFile(file, 'utf8').catch(() => undefined),
  run: runCommand,
  listen: (port) =>
    new Promise((resolve) => {
      const server = createServer();
      server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
    }),
};
