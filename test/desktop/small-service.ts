/**
 * The real control server with real connections, over drives, transfers and notices that are kept in memory alone: what
 * the window sees of a service, without a mount.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import type { Event } from '../../src-main/api/events.ts';
import { mount as mountSchema, type Mount } from '../../src-main/api/mounts.ts';
import type { Notice } from '../../src-main/api/notices.ts';
import { ProblemError } from '../../src-main/api/problem.ts';
import type { Handlers } from '../../src-main/api/routes.ts';
import type { Transfer } from '../../src-main/api/transfers.ts';
import { connectionHandlers } from '../../src-main/connections/connection-handlers.ts';
import { Connections } from '../../src-main/connections/connections.ts';
import { Keychain } from '../../src-main/connections/keychain.ts';
import { SessionSecrets } from '../../src-main/connections/secrets.ts';
import { controlListener } from '../../src-main/control/control-server.ts';

export interface SmallService {
  readonly socketPath: string;
  readonly mounts: Map<string, Mount>;
  readonly notices: Map<string, Notice>;
  readonly transfers: Map<string, Transfer>;
  /** What a connection has not sent. */
  readonly unsent: Map<string, number>;
  /** Mounts that somebody uses: they are unmounted by force alone. */
  readonly busy: Set<string>;
  readonly tell: (event: Event) => void;
  /** What nobody expected; empty, or something is wrong. */
  readonly defects: unknown[];
  readonly close: () => Promise<void>;
}

export async function startSmallService(): Promise<SmallService> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'windlass-window-'));
  const connections = await Connections.open({
    folder: path.join(folder, 'config'),
    keychain: new Keychain(),
    session: new SessionSecrets(),
  });
  const mounts = new Map<string, Mount>();
  const notices = new Map<string, Notice>();
  const transfers = new Map<string, Transfer>();
  const unsent = new Map<string, number>();
  const busy = new Set<string>();
  const defects: unknown[] = [];
  const listeners = new Set<(event: Event) => void>();
  let isPaused = false;

  const tell = (event: Event): void => listeners.forEach((listener) => listener(event));
  const require = (id: string): Mount => {
    const found = mounts.get(id);
    if (found === undefined) throw ProblemError.of('not-found', `There is no mount ${id}.`, 'Look at the list again.');
    return found;
  };
  const put = (mount: Mount): Mount => {
    mounts.set(mount.id, mount);
    tell({ event: 'mount', mount });
    return mount;
  };
  const unmount = (id: string, force: string): Mount => {
    if (busy.has(id) && force === 'ask')
      throw ProblemError.of('busy', 'A program still uses it.', 'Close it, or unmount by force.');
    return put({ ...require(id), state: 'unmounted' });
  };
  const listTransfers = async () => ({
    transfers: [...transfers.values()],
    isPaused,
    rate: isPaused ? 0 : 2_400_000,
    requests: { PutObject: 1204, ListObjectsV2: 310, HeadObject: 87 },
  });
  const notHere = async (): Promise<never> => {
    throw ProblemError.of('not-able', 'This service has none.', 'Ask another.');
  };
  const handlers: Handlers = {
    ...connectionHandlers({
      connections,
      unsentBytes: (name) => unsent.get(name) ?? 0,
      settle: async (name) => void unsent.delete(name),
    }),
    listMounts: async () => [...mounts.values()],
    addMount: async ({ body }) => {
      const volumeName = body.volumeName ?? body.bucket;
      const id = `m${mounts.size + 1}`;
      const mountPoint = body.mountPoint ?? `/home/me/Windlass/${volumeName}`;
      return put(mountSchema.parse({ ...body, id, volumeName, mountPoint, state: 'unmounted', unsentBytes: 0 }));
    },
    getMount: async ({ id }) => require(id),
    mountMount: async ({ id }) => put({ ...require(id), state: 'mounted' }),
    unmountMount: async ({ id, body }) => unmount(id, body.force),
    removeMount: async ({ id, body }) => {
      unmount(id, body.force);
      mounts.delete(id);
      tell({ event: 'mount-removed', id });
      return {};
    },
    listTransfers,
    fileState: notHere,
    flush: listTransfers,
    pause: async () => {
      isPaused = true;
      return {};
    },
    resume: async () => {
      isPaused = false;
      return {};
    },
    listNotices: async () => [...notices.values()],
    dismissNotice: async ({ id }) => {
      notices.delete(id);
      tell({ event: 'notice-dismissed', id });
      return {};
    },
    listGrants: async () => [],
    addGrant: notHere,
    revokeGrant: notHere,
  };
  const server = http.createServer(
    controlListener({
      handlers,
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      onDefect: (error) => defects.push(error),
    }),
  );
  const socketPath = path.join(folder, 'service.sock');
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true, force: true });
  };
  return { socketPath, mounts, notices, transfers, unsent, busy, tell, defects, close };
}
