/** Opens a gateway's control connection to the user's own programs: a socket in a folder of theirs, on Windows a pipe. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import type { RunningGateway } from '../../gateway/main.ts';
import { CommandError } from './command-error.ts';
import { recordPath, socketPath } from './control-address.ts';
import { readLines, writeLine } from './line-reader.ts';

/** Clients at a time; others are closed at once. */
const maxClients = 64;

/** Bytes of answers that a client may leave lying before it is given up. */
const maxUnread = 8 * 1024 * 1024;

export interface ControlServerOptions {
  readonly gateway: Pick<RunningGateway, 'connect'>;
  readonly runtimeFolder: string;
  /** Whose lock the gateway holds: so whatever socket is there for it is a leftover. */
  readonly dataFolder: string;
  readonly platform: NodeJS.Platform;
}

export class ControlServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #files: readonly string[];

  private constructor(server: Server, files: readonly string[]) {
    this.#server = server;
    this.#files = files;
  }

  /** Serves when it resolves. @throws CommandError where the folder is not the user's own, and the system's errors */
  static async open({ gateway, runtimeFolder, dataFolder, platform }: ControlServerOptions): Promise<ControlServer> {
    await mkdir(runtimeFolder, { recursive: true, mode: 0o700 });
    if (platform === 'win32') {
      const record = recordPath(runtimeFolder, dataFolder);
      const token = randomBytes(32).toString('base64url');
      const pipe = `\\\\.\\pipe\\windlass-${randomBytes(16).toString('hex')}`;
      const server = await ControlServer.#listen(gateway, pipe, [record], token);
      await writeFile(record, JSON.stringify({ path: pipe, token }), { mode: 0o600 });
      return server;
    }
    await requireOwn(runtimeFolder);
    const file = socketPath(runtimeFolder, dataFolder);
    if (file === undefined) {
      throw new CommandError(
        `The control socket cannot be in ${runtimeFolder}: its path would be too long. Set XDG_RUNTIME_DIR or WINDLASS_HOME to a shorter folder.`,
      );
    }
    await rm(file, { force: true });
    return ControlServer.#listen(gateway, file, [file], undefined);
  }

  static async #listen(
    gateway: Pick<RunningGateway, 'connect'>,
    address: string,
    files: readonly string[],
    token: string | undefined,
  ): Promise<ControlServer> {
    const server = createServer();
    const opened = new ControlServer(server, files);
    server.on('connection', (socket) => opened.#serve(socket, gateway, token));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(address, resolve);
    });
    return opened;
  }

  #serve(socket: Socket, gateway: Pick<RunningGateway, 'connect'>, token: string | undefined): void {
    // Somebody who goes away in the middle is no event for a gateway.
    socket.on('error', () => socket.destroy());
    if (this.#sockets.size >= maxClients) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    const connection = gateway.connect((answer) => {
      if (socket.writableLength > maxUnread) socket.destroy();
      else writeLine(socket, answer);
    });
    let isAdmitted = token === undefined;
    socket.on('close', () => {
      this.#sockets.delete(socket);
      connection.close();
    });
    readLines(
      socket,
      (message) => {
        if (isAdmitted) connection.receive(message);
        else if (token !== undefined && isToken(message, token)) isAdmitted = true;
        else socket.destroy();
      },
      () => socket.destroy(),
    );
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const file of this.#files) await rm(file, { force: true });
  }
}

function isToken(message: unknown, token: string): boolean {
  const given = Buffer.from(String((message as { token?: unknown } | null | undefined)?.token));
  const expected = Buffer.from(token);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Whoever may write in the folder could put a socket of theirs in its place. */
async function requireOwn(folder: string): Promise<void> {
  const found = await lstat(folder);
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0) return;
  throw new CommandError(
    `The folder ${path.resolve(folder)} for the control socket must be yours alone: run “chmod 700” on it, or remove it.`,
  );
}
