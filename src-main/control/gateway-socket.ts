/**
 * The control socket of a gateway that runs from the command line: where it is, serving it, and finding it again. It
 * lies in the runtime folder, which its user alone may enter; on Windows a pipe has a random name, which is recorded
 * there with a token.
 */
import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { ControlClient, ControlError, lineChannel, serveControl, type GatewayControl } from '../../gateway/control.ts';

/** Bytes of a socket's path: 104 on macOS, with the zero at its end. */
const maxSocketPath = 103;

/** Milliseconds in which a socket must answer. */
const connectWithin = 5000;

/** What a recorded pipe needs to be reached. */
const pipeRecord = z.object({ pipe: z.string(), token: z.string() });

export interface ServedSocket {
  readonly close: () => Promise<void>;
}

/** Two gateways have two data folders, so each has a name of its own. */
function nameOf(dataFolder: string): string {
  return `gateway-${createHash('sha256').update(path.resolve(dataFolder)).digest('hex').slice(0, 12)}`;
}

/**
 * Serves a gateway's control messages. The caller holds the data folder, so what lies at the socket's place is left over.
 * @throws ControlError where the runtime folder cannot be trusted or the path is too long
 */
export async function serveGatewaySocket(
  runtime: string,
  dataFolder: string,
  control: GatewayControl,
  onDefect: (error: unknown) => void,
): Promise<ServedSocket> {
  await privateFolder(runtime);
  const isWindows = process.platform === 'win32';
  const file = path.join(runtime, `${nameOf(dataFolder)}${isWindows ? '.json' : '.sock'}`);
  const token = isWindows ? randomBytes(32).toString('hex') : undefined;
  const address = isWindows ? `\\\\.\\pipe\\windlass-${randomUUID()}` : file;
  if (!isWindows && Buffer.byteLength(file) > maxSocketPath)
    throw new ControlError('path', `${file} is too long for a socket: choose a shorter WINDLASS_HOME.`);
  await rm(file, { force: true });
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    const serve = (): void => serveControl(lineChannel(socket), control, onDefect);
    if (token === undefined) serve();
    else admit(socket, token, serve);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, resolve);
  });
  if (token !== undefined) await writeFile(file, JSON.stringify({ pipe: address, token }), { mode: 0o600 });
  return {
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(file, { force: true });
    },
  };
}

/**
 * Connects to the gateway of a data folder, or to the only one that runs.
 * @throws ControlError none, several
 */
export async function connectToGateway(
  runtime: string,
  dataFolder: string | undefined,
): Promise<{ readonly client: ControlClient; readonly close: () => void }> {
  const names = dataFolder === undefined ? await recorded(runtime) : [nameOf(dataFolder)];
  const streams = (await Promise.all(names.map((name) => connect(runtime, name)))).filter((one) => one !== undefined);
  const [stream, another] = streams;
  if (stream === undefined) {
    throw new ControlError(
      'none',
      dataFolder === undefined
        ? 'No gateway of this user runs: start one with windlass gateway.'
        : `No gateway runs with the data folder ${dataFolder}: start it with windlass gateway --data-dir ${dataFolder}.`,
    );
  }
  if (another !== undefined) {
    for (const one of streams) one.destroy();
    throw new ControlError('several', `${streams.length} gateways run: say which by its --data-dir.`);
  }
  return { client: new ControlClient(lineChannel(stream)), close: () => stream.destroy() };
}

async function recorded(runtime: string): Promise<readonly string[]> {
  try {
    const files = await readdir(runtime);
    return files.flatMap((file) => /^(gateway-[0-9a-f]{12})\.(?:sock|json)$/.exec(file)?.[1] ?? []);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new ControlError('folder', `${runtime} cannot be read by this user.`, { cause: error });
  }
}

/** undefined: nobody listens there. */
async function connect(runtime: string, name: string): Promise<net.Socket | undefined> {
  if (process.platform !== 'win32') return open(path.join(runtime, `${name}.sock`));
  const text = await readFile(path.join(runtime, `${name}.json`), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { pipe, token } = pipeRecord.parse(JSON.parse(text));
  const socket = await open(pipe);
  socket?.write(`${token}\n`);
  return socket;
}

function open(address: string): Promise<net.Socket | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect(address);
    const timer = setTimeout(() => socket.destroy(new Error('no answer')), connectWithin);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
    // A socket that is left over, or none: both mean that no gateway is there.
    socket.on('error', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}

/** Lets in whoever begins with the token. */
function admit(socket: Duplex, token: string, serve: () => void): void {
  let given = Buffer.alloc(0);
  const expected = Buffer.from(`${token}\n`);
  const take = (chunk: Buffer): void => {
    given = Buffer.concat([given, chunk]);
    if (given.length < expected.length) return;
    socket.off('data', take);
    if (!timingSafeEqual(given.subarray(0, expected.length), expected)) {
      socket.destroy();
      return;
    }
    socket.pause();
    if (given.length > expected.length) socket.unshift(given.subarray(expected.length));
    serve();
    socket.resume();
  };
  socket.on('data', take);
}

/** Where the folder is in a place that others can write to, one of theirs must not be taken for ours. */
async function privateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  const isOurs = process.platform === 'win32' || (found.uid === process.getuid?.() && (found.mode & 0o077) === 0);
  if (!found.isDirectory() || !isOurs)
    throw new ControlError(
      'folder',
      `The folder ${folder} must belong to this user and be closed to others: run chmod 700 on it, or remove it.`,
    );
}
