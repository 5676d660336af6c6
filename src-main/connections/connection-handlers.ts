/** What is asked of connections, answered: the routes below `/v1/connections`. */
import type { Connection, ConnectionSettings, ConnectionTest } from '../api/connections.ts';
import { ProblemError, type Problem } from '../api/problem.ts';
import type { Handlers } from '../api/routes.ts';
import type { Connections } from './connections.ts';
import { testConnection } from './test-connection.ts';

export type ConnectionRoute =
  | 'listConnections'
  | 'addConnection'
  | 'getConnection'
  | 'changeConnection'
  | 'removeConnection'
  | 'testConnection'
  | 'listBuckets';

export type ConnectionHandlers = Pick<Handlers, ConnectionRoute>;

export interface ConnectionHandlersParts {
  readonly connections: Connections;
  /** Bytes that a connection has not sent yet. */
  readonly unsentBytes: (name: string) => number;
  /** Deals with those before the connection goes. @throws ProblemError unsent-data */
  readonly settle: (name: string, how: RemovalOfUnsent) => Promise<void>;
}

export type RemovalOfUnsent = Parameters<Handlers['removeConnection']>[0]['body']['unsent'];

export function connectionHandlers({ connections, unsentBytes, settle }: ConnectionHandlersParts): ConnectionHandlers {
  /** What the last test of each said. */
  const problems = new Map<string, Problem | undefined>();

  const shown = async (settings: ConnectionSettings): Promise<Connection> => {
    const { name } = settings;
    const hasKeys = settings.secret.kind === 'none' ? false : await connections.hasKeys(name);
    const problem = problems.get(name);
    const tested = problem !== undefined ? 'failed' : problems.has(name) ? 'ready' : 'unknown';
    return {
      ...settings,
      ...(settings.proxy !== undefined && { proxy: withoutPassword(settings.proxy) }),
      state: hasKeys === undefined ? 'waiting-for-keychain' : tested,
      hasKeys: hasKeys === true,
      ...(problem !== undefined && { problem }),
      unsentBytes: unsentBytes(name),
    };
  };

  const test = async (name: string): Promise<ConnectionTest> => {
    const result = await testConnection(connections.require(name), () => connections.signIn(name));
    problems.set(name, result.steps.find(({ outcome }) => outcome === 'failed')?.problem);
    return result;
  };

  return {
    listConnections: () => Promise.all(connections.all().map(shown)),
    addConnection: async ({ body }) => shown(await connections.add(body)),
    getConnection: ({ name }) => shown(connections.require(name)),
    changeConnection: async ({ name, body: { unsent, ...changes } }) => {
      const before = connections.require(name);
      const goesElsewhere = (['preset', 'endpoint', 'folder'] as const).some(
        (field) => changes[field] !== undefined && changes[field] !== before[field],
      );
      if (goesElsewhere && unsentBytes(name) > 0) await settle(name, { action: unsent });
      problems.delete(name);
      return shown(await connections.change(name, changes));
    },
    removeConnection: async ({ name, body: { unsent } }) => {
      connections.require(name);
      if (unsent.action === 'discard' && unsent.confirm !== name) {
        throw ProblemError.of('invalid', 'Discarding takes the name of the connection once more.', `Repeat ${name}.`, {
          field: 'unsent.confirm',
        });
      }
      if (unsentBytes(name) > 0) await settle(name, unsent);
      problems.delete(name);
      await connections.remove(name);
      return {};
    },
    testConnection: ({ name }) => test(name),
    listBuckets: async ({ name }) => {
      const { buckets = [], steps } = await test(name);
      const failed = steps.find(({ step, outcome }) => outcome === 'failed' && step !== 'bucket')?.problem;
      if (failed !== undefined) throw new ProblemError(failed);
      const listed = new Set(buckets.map((bucket) => bucket.name));
      const named = connections.require(name).buckets.filter((bucket) => !listed.has(bucket));
      return [...buckets, ...named.map((bucket) => ({ name: bucket }))];
    },
  };
}

/** Secrets are never told; who needs to know it has it. */
function withoutPassword(proxy: string): string {
  const url = new URL(proxy);
  if (url.password === '') return proxy;
  url.password = '***';
  return url.href;
}
