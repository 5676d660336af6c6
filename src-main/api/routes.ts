/**
 * Every request that the service answers, once: its method, path and schemas. Server, clients and docs/control-api.md are
 * made from this table.
 */
import { z } from 'zod';
import {
  bucket,
  changedConnection,
  connection,
  connectionId,
  connectionTest,
  newConnection,
  removeConnection,
} from './connections.ts';
import { grant, newGrant } from './grants.ts';
import { mount, mountId, mountSettings } from './mounts.ts';
import { notice } from './notices.ts';
import { fileState, transfers } from './transfers.ts';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `:name` stands for a component of `parameters`. */
  readonly path: string;
  readonly summary: string;
  /** Components of the path; text. */
  readonly parameters?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly response: z.ZodType;
}

/** The path of a route with its components filled in. */
export function pathOf({ path }: Route, parameters: Readonly<Record<string, unknown>>): string {
  return path.replaceAll(/:([a-z]+)/g, (_, name: string) => encodeURIComponent(String(parameters[name])));
}

const nothing = z.object({});
const byName = z.object({ name: connectionId });
const byId = z.object({ id: mountId });
/** How hard an unmount tries. */
const force = z.object({ force: z.enum(['ask', 'force', 'lazy']).default('ask') });

export const routes = {
  listConnections: {
    method: 'GET',
    path: '/v1/connections',
    summary: 'All connections, without their secrets.',
    response: z.array(connection),
  },
  addConnection: {
    method: 'POST',
    path: '/v1/connections',
    summary: 'Keeps a connection, and its keys where it says.',
    body: newConnection,
    response: connection,
  },
  getConnection: {
    method: 'GET',
    path: '/v1/connections/:name',
    summary: 'One connection.',
    parameters: byName,
    response: connection,
  },
  changeConnection: {
    method: 'PATCH',
    path: '/v1/connections/:name',
    summary: 'Changes what is given of a connection; refused while it holds unsent data that would go elsewhere.',
    parameters: byName,
    body: changedConnection,
    response: connection,
  },
  removeConnection: {
    method: 'POST',
    path: '/v1/connections/:name/remove',
    summary: 'Forgets a connection and its keys, and says what becomes of unsent data.',
    parameters: byName,
    body: removeConnection,
    response: nothing,
  },
  testConnection: {
    method: 'POST',
    path: '/v1/connections/:name/test',
    summary: 'Tries a connection step by step.',
    parameters: byName,
    response: connectionTest,
  },
  listBuckets: {
    method: 'GET',
    path: '/v1/connections/:name/buckets',
    summary: 'The buckets that the keys can list, and those that the connection names.',
    parameters: byName,
    response: z.array(bucket),
  },
  listMounts: { method: 'GET', path: '/v1/mounts', summary: 'All mounts.', response: z.array(mount) },
  addMount: {
    method: 'POST',
    path: '/v1/mounts',
    summary: 'Keeps a mount; it is there only once it is mounted.',
    body: mountSettings,
    response: mount,
  },
  getMount: { method: 'GET', path: '/v1/mounts/:id', summary: 'One mount.', parameters: byId, response: mount },
  mountMount: {
    method: 'POST',
    path: '/v1/mounts/:id/mount',
    summary: 'Mounts it; the answer comes once it is in the mount table.',
    parameters: byId,
    response: mount,
  },
  unmountMount: {
    method: 'POST',
    path: '/v1/mounts/:id/unmount',
    summary: 'Unmounts it; the answer comes once it is gone from the mount table.',
    parameters: byId,
    body: force,
    response: mount,
  },
  removeMount: {
    method: 'POST',
    path: '/v1/mounts/:id/remove',
    summary: 'Unmounts it and forgets it.',
    parameters: byId,
    body: force,
    response: nothing,
  },
  listTransfers: { method: 'GET', path: '/v1/transfers', summary: 'What goes to S3.', response: transfers },
  fileState: {
    method: 'POST',
    path: '/v1/transfers/file',
    summary: 'Whether a file is in S3.',
    body: z.object({ path: z.string().min(1) }),
    response: fileState,
  },
  flush: {
    method: 'POST',
    path: '/v1/transfers/flush',
    summary: 'Sends everything now; the answer comes when nothing is left but what S3 refuses.',
    body: z.object({ mount: mountId.optional() }),
    response: transfers,
  },
  pause: {
    method: 'POST',
    path: '/v1/transfers/pause',
    summary: 'Sends nothing until it is resumed.',
    response: nothing,
  },
  resume: { method: 'POST', path: '/v1/transfers/resume', summary: 'Goes on sending.', response: nothing },
  listNotices: { method: 'GET', path: '/v1/notices', summary: 'Notices, oldest first.', response: z.array(notice) },
  dismissNotice: {
    method: 'DELETE',
    path: '/v1/notices/:id',
    summary: 'Forgets a notice.',
    parameters: z.object({ id: z.string() }),
    response: nothing,
  },
  listGrants: { method: 'GET', path: '/v1/grants', summary: 'Lasting grants.', response: z.array(grant) },
  addGrant: { method: 'POST', path: '/v1/grants', summary: 'Gives a lasting grant.', body: newGrant, response: grant },
  revokeGrant: {
    method: 'DELETE',
    path: '/v1/grants/:id',
    summary: 'Takes a grant back at once.',
    parameters: z.object({ id: z.string() }),
    response: nothing,
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

type Parameters<R> = R extends { readonly parameters: infer P extends z.ZodObject } ? z.input<P> : object;
type Body<R> = R extends { readonly body: infer B extends z.ZodType } ? { readonly body: z.input<B> } : object;
type CheckedBody<R> = R extends { readonly body: infer B extends z.ZodType } ? { readonly body: z.output<B> } : object;

/** What a caller gives: the components of the path, and the body where there is one. */
export type RouteInput<N extends RouteName> = Parameters<(typeof routes)[N]> & Body<(typeof routes)[N]>;
/** What a handler gets, checked and with defaults filled in. */
export type CheckedInput<N extends RouteName> = Parameters<(typeof routes)[N]> & CheckedBody<(typeof routes)[N]>;
export type RouteOutput<N extends RouteName> = z.output<(typeof routes)[N]['response']>;

/** The whole API as functions, as a client sees it. All throw ProblemError. */
export type Api = { readonly [N in RouteName]: (input: RouteInput<N>) => Promise<RouteOutput<N>> };
/** … and as the service implements it. */
export type Handlers = { readonly [N in RouteName]: (input: CheckedInput<N>) => Promise<RouteOutput<N>> };
