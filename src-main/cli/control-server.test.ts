import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, ControlConnection } from '../../gateway/control.ts';
import { socketPath } from './control-address.ts';
import { ControlClient } from './control-client.ts';
import { ControlServer } from './control-server.ts';

const { platform } = process;
let home: string;
let runtimeFolder: string;
let dataFolder: string;
const open: { close(): unknown }[] = [];

beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'wl-'));
  runtimeFolder = path.join(home, 'run');
  dataFolder = path.join(home, 'data');
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
  await rm(home, { recursive: true, force: true });
});

/** A gateway that answers every call with what it was given. */
class Echo {
  readonly connections = new Set<(answer: Answer) => void>();
  answers = (message: unknown): Answer => ({ id: (message as { id: number }).id, result: {} });

  connect(send: (answer: Answer) => void): ControlConnection {
    this.connections.add(send);
    return {
      receive: (message) => send(message === undefined ? { id: -1, result: 'garbage' } : this.answers(message)),
      close: () => this.connections.delete(send),
    };
  }
}

async function serve(echo = new Echo(), folder = dataFolder): Promise<Echo> {
  open.push(await ControlServer.open({ gateway: echo, runtimeFolder, dataFolder: folder, platform }));
  return echo;
}

async function client(folder?: string): Promise<ControlClient> {
  const opened = await ControlClient.open({
    runtimeFolder,
    dataFolder: folder,
    defaultDataFolder: dataFolder,
    platform,
  });
  open.push(opened);
  return opened;
}

async function raw(): Promise<Socket> {
  const socket = connect(socketPath(runtimeFolder, dataFolder) as string);
  await once(socket, 'connect');
  return socket;
}

describe.skipIf(platform === 'win32')('The control socket', () => {
  it('lies in a folder for its user alone', async () => {
    await serve();
    expect((await stat(runtimeFolder)).mode & 0o777).toBe(0o700);
  });

  it('is not opened in a folder that others may use', async () => {
    await serve();
    await chmod(runtimeFolder, 0o755);
    await expect(serve(new Echo(), path.join(home, 'other'))).rejects.toThrow('must be yours alone');
  });

  it('takes the place of a leftover, and leaves none itself', async () => {
    await serve();
    await open.pop()?.close();
    await writeFile(socketPath(runtimeFolder, dataFolder) as string, '');
    await serve();
    await (await client()).call('pause', {});
    for (const one of open.splice(0).reverse()) await one.close();
    expect(await readdir(runtimeFolder)).toEqual([]);
  });

  it('answers garbage and whoever breaks off without harm to others', async () => {
    await serve();
    const bad = await raw();
    bad.write('this is no JSON\n{"id":1');
    const [reply] = (await once(bad, 'data')) as [Buffer];
    expect(reply.toString()).toContain('garbage');
    bad.destroy();
    await (await client()).call('pause', {});
  });

  it('gives up whoever sends a line without end', async () => {
    const echo = await serve();
    const bad = await raw();
    bad.on('error', () => undefined);
    bad.write(Buffer.alloc(5 * 1024 * 1024, 'x'));
    await new Promise((resolve) => bad.once('close', resolve));
    expect(echo.connections.size).toBe(0);
    await (await client()).call('pause', {});
  });

  it('is found by the data folder, or because it is the only one', async () => {
    await serve(new Echo(), path.join(home, 'elsewhere'));
    await (await client()).call('pause', {});
    await serve(new Echo(), path.join(home, 'third'));
    await expect(client()).rejects.toThrow('2 gateways run: say which is meant');
    await (await client(path.join(home, 'third'))).call('pause', {});
  });

  it('is missed in a sentence where no gateway runs, with a leftover too', async () => {
    await expect(client()).rejects.toThrow('No gateway runs: start one');
    await serve();
    const server = createServer();
    const leftover = socketPath(runtimeFolder, path.join(home, 'killed')) as string;
    await new Promise<void>((resolve) => server.listen(leftover, resolve));
    server.close();
    await writeFile(leftover, '');
    await expect(client(path.join(home, 'killed'))).rejects.toThrow('No gateway runs on the data folder');
  });

  it('says when the gateway is an older one, or answers as no gateway of this version', async () => {
    const echo = await serve();
    const asker = await client();
    echo.answers = () => ({ id: 0, error: { code: 'UnknownMethod', message: 'what?' } });
    await expect(asker.call('pause', {})).rejects.toThrow('an older one and cannot do this');
    echo.answers = () => ({ id: 1, result: { paused: 'perhaps' } });
    await expect(asker.call('stats', {})).rejects.toThrow('of another version');
  });

  it('says when the gateway goes away in the middle, and what becomes of the data', async () => {
    const echo = await serve();
    const asker = await client();
    echo.answers = () => ({ event: 'silence', data: 0 });
    const asked = asker.call('flush', {});
    const failed = expect(asked).rejects.toThrow('gone away in the middle');
    await open.shift()?.close();
    await failed;
    await asker.closed;
    await expect(asker.call('pause', {})).rejects.toThrow('gone away');
  });

  it('brings the events that were asked for', async () => {
    const echo = await serve();
    const asker = await client();
    const heard = Promise.withResolvers<boolean>();
    await asker.listen('paused', ({ isPaused }) => heard.resolve(isPaused));
    for (const send of echo.connections) {
      send({ event: 'paused', data: 'of another kind' });
      send({ event: 'unheard of', data: 1 });
      send({ event: 'paused', data: { isPaused: true } });
    }
    expect(await heard.promise).toBe(true);
  });
});
