import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { GatewayControl, GatewayStatus } from '../../gateway/control.ts';
import { connectToGateway, serveGatewaySocket, type ServedSocket } from './gateway-socket.ts';

let home: string;
let runtime: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'windlass-socket-'));
  runtime = path.join(home, 'run');
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** A gateway that tells its port alone. */
function gatewayOn(port: number): GatewayControl {
  const status = { address: '127.0.0.1', port, exports: [], pending: 0, failed: 0, stagedBytes: 0 };
  const handlers = {
    status: (): Promise<GatewayStatus> => Promise.resolve({ ...status, isPaused: false, notices: 0 }),
  };
  return { handlers, subscribe: () => () => undefined } as unknown as GatewayControl;
}

async function serve(dataFolder: string, port: number): Promise<ServedSocket> {
  const served = await serveGatewaySocket(runtime, dataFolder, gatewayOn(port), () => undefined);
  onTestFinished(() => served.close());
  return served;
}

async function portOf(dataFolder?: string): Promise<number> {
  const { client, close } = await connectToGateway(runtime, dataFolder);
  try {
    return (await client.call('status', {})).port;
  } finally {
    close();
  }
}

const refusal = (code: string) => expect.objectContaining({ code }) as Error;

describe('The control socket', () => {
  it('is found where one gateway runs, by its data folder where several do', async () => {
    await serve('/data/a', 1);
    expect(await portOf()).toBe(1);
    await serve('/data/b', 2);
    await expect(portOf()).rejects.toThrow(/2 gateways run/);
    expect([await portOf('/data/a'), await portOf('/data/b')]).toEqual([1, 2]);
  });

  it('is for its user alone', async () => {
    await serve('/data/a', 1);
    expect((await stat(runtime)).mode & 0o777).toBe(0o700);
  });

  it('is not taken for there where a gateway has died, and replaced by the next one', async () => {
    await expect(portOf()).rejects.toThrow(refusal('none'));
    await serve('/data/a', 1);
    await serve('/data/a', 3);
    expect(await portOf('/data/a')).toBe(3);
  });

  it('is gone with its gateway', async () => {
    const served = await serve('/data/a', 1);
    await served.close();
    expect(await readdir(runtime)).toEqual([]);
    await expect(portOf('/data/a')).rejects.toThrow(/--data-dir \/data\/a/);
  });

  it('is not served in a folder that others can enter, nor behind a link', async () => {
    await mkdir(runtime);
    await chmod(runtime, 0o755);
    await expect(serve('/data/a', 1)).rejects.toThrow(refusal('folder'));
    await rm(runtime, { recursive: true });
    await mkdir(path.join(home, 'elsewhere'), { mode: 0o700 });
    await symlink(path.join(home, 'elsewhere'), runtime);
    await expect(serve('/data/a', 1)).rejects.toThrow(refusal('folder'));
  });

  it('says so where its path would be too long', async () => {
    runtime = path.join(home, 'x'.repeat(100));
    await expect(serve('/data/a', 1)).rejects.toThrow(/too long/);
  });
});
