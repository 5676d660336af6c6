/**
 * A place to try Windlass with a real Linux NFS client: a network of its own in which servers run, and a client in it.
 * Needs Linux and root; everything in it ends with this process at the latest.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, type Server, type Socket, createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { carry } from './carry.ts';
import { type Spawn, lineOf } from './child.ts';
import { type GuestKernel, type GuestOptions, type GuestResult, runGuest } from './guest.ts';
import { kernelHasNfs } from './machine.ts';
import { hostAddress, openNamespace } from './namespace.ts';
import { guestRoot } from './root.ts';

export { guestAddress, hostAddress, labNetwork } from './namespace.ts';

export interface Lab {
  /** Whose NFS client it is: the machine's own kernel's or a User Mode Linux guest's. */
  readonly kernel: GuestKernel;
  /** Starts a process of the machine inside the lab's network. */
  readonly spawn: Spawn;
  /** Runs a bash script, given as text, where the NFS client is. @throws GuestFailed */
  runInGuest(script: string, options?: GuestOptions): Promise<GuestResult>;
  /** A port of 127.0.0.1 on the machine's own network behind which is the lab's 127.0.0.1:`port`. */
  reach(port: number): Promise<number>;
  /** Has `server` of this process answer on 10.77.0.1:`port` inside the lab. */
  answer(port: number, server: Server): Promise<void>;
  close(): Promise<void>;
}

const relay = fileURLToPath(new URL('relay.ts', import.meta.url));

/** @throws Unavailable where this machine cannot have one */
export async function openLab(log?: (line: string) => void): Promise<Lab> {
  const root = await guestRoot(log);
  const kernel: GuestKernel = kernelHasNfs() ? 'own' : 'uml';
  const namespace = await openNamespace();
  const sockets = await mkdtemp(join(tmpdir(), 'windlass-lab-'));
  const servers: Server[] = [];
  const open = new Set<Socket>();
  const keep = (server: Server): void => {
    servers.push(server);
    server.on('connection', (socket: Socket) => open.add(socket.on('close', () => open.delete(socket))));
  };
  const relayed = async (from: string, to: string): Promise<void> => {
    const child = namespace.spawn(process.execPath, [relay, from, to], { stdio: ['ignore', 'pipe', 'pipe'] });
    await lineOf(child, /^ready$/m, 30_000);
  };

  return {
    kernel,
    spawn: namespace.spawn,
    runInGuest: (script, options = {}) => runGuest(namespace.spawn, kernel, root, script, options),
    async reach(port) {
      const path = join(sockets, `reach-${port}`);
      await relayed(`unix:${path}`, `tcp:127.0.0.1:${port}`);
      const server = createServer((incoming) => carry(incoming, createConnection({ path })));
      keep(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return (server.address() as AddressInfo).port;
    },
    async answer(port, server) {
      const path = join(sockets, `answer-${port}`);
      keep(server);
      await new Promise<void>((resolve) => server.listen(path, resolve));
      await relayed(`tcp:${hostAddress}:${port}`, `unix:${path}`);
    },
    async close() {
      for (const socket of open) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      await namespace.close();
      await rm(sockets, { recursive: true, force: true });
    },
  };
}

/** Opens a lab for as long as `use` runs. */
export async function withLab<T>(use: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = await openLab();
  try {
    return await use(lab);
  } finally {
    await lab.close();
  }
}
