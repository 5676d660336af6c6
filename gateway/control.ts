/**
 * What a gateway's parent and the gateway say to each other: one map of method to request and response, one of event to
 * data. Both sides check what arrives; whatever carries the messages (a socket, a channel between processes) carries
 * plain objects. A method or event that is added keeps the protocol's number; one that changes its meaning raises it.
 */
import { z } from 'zod';

export const controlProtocol = 1;

const bytes = z.number().min(0);
/** Milliseconds since the epoch. */
const time = z.number();
const none = z.object({});

/** Where the bytes of a file are, as its user would ask. */
export const fileState = z.discriminatedUnion('state', [
  /** Everything is in S3. */
  z.object({ state: z.literal('in-s3') }),
  /** On the local disk, and waiting to be sent. */
  z.object({ state: z.literal('staged') }),
  z.object({ state: z.literal('uploading'), sent: bytes, total: bytes }),
  /** On the local disk; the last try to send it failed. */
  z.object({ state: z.literal('failed'), code: z.string(), message: z.string(), nextTry: time }),
  /** It stays on the local disk: its name says that it is no use elsewhere. */
  z.object({ state: z.literal('local-only') }),
]);

export const file = z.object({
  /** `/EXPORT/path`. */
  path: z.string(),
  type: z.string(),
  size: bytes,
  status: fileState,
  /** Of a directory: changes in it and below it that the store does not have yet. */
  pending: z.number().optional(),
});

export const transfer = z.object({
  id: z.number(),
  kind: z.enum(['upload', 'attributes', 'copy', 'rename', 'delete']),
  /** `/EXPORT/path`; of a delete the key. */
  path: z.string(),
  size: bytes,
  state: z.enum(['running', 'waiting', 'failed']),
  sent: bytes,
  /** Of one that has failed. */
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  /** Of one that does not run: not before then. */
  nextTry: time.optional(),
  attempts: z.number(),
});

export const notice = z.object({
  id: z.number(),
  time,
  kind: z.string(),
  /** Name of the export; empty where it is not served any more. */
  export: z.string(),
  /** The key or prefix in the bucket that it is about. */
  key: z.string(),
  message: z.string(),
});

export const stats = z.object({
  pid: z.number(),
  /** When the gateway began to serve. */
  since: time,
  exports: z.array(z.string()),
  isPaused: z.boolean(),
  /** Bytes per second; null: unbounded. */
  bandwidth: z.number().nullable(),
  pending: z.number(),
  running: z.number(),
  failed: z.number(),
  /** Written and not in the store yet. */
  stagedBytes: bytes,
  notices: z.number(),
});

export const methods = {
  hello: { request: none, response: z.object({ protocol: z.number() }) },
  stats: { request: none, response: stats },
  /** null: nothing is known of that path here, so nothing of it waits to be sent. */
  file: { request: z.object({ path: z.string() }), response: z.object({ file: file.nullable() }) },
  /** Those that run first, then those that have failed. */
  transfers: {
    request: z.object({ limit: z.int().min(1).max(1000).default(100) }),
    response: z.object({ transfers: z.array(transfer), more: z.number() }),
  },
  notices: { request: none, response: z.object({ notices: z.array(notice) }) },
  dismiss: { request: z.object({ id: z.int() }), response: z.object({ dismissed: z.boolean() }) },
  /** Sends everything now, what has failed before too; answers when nothing is left but what failed for good or is held. */
  flush: { request: none, response: z.object({ pending: z.number(), failed: z.number(), isPaused: z.boolean() }) },
  pause: { request: none, response: none },
  resume: { request: none, response: none },
  /** Bytes per second for all uploads together; null: unbounded. */
  bandwidth: { request: z.object({ limit: z.int().min(1024).nullable() }), response: none },
  /** Events of these names come until the connection ends. */
  subscribe: { request: z.object({ events: z.array(z.string()) }), response: none },
  stop: { request: z.object({ finishUploads: z.boolean().default(true) }), response: none },
} as const;

export const events = {
  /** Something about a transfer has changed; progress at most four times a second for each. */
  transfer: z.object({ transfer }),
  /** It is over. */
  'transfer-done': z.object({ id: z.number() }),
  notice: z.object({ notice }),
  'notice-dismissed': z.object({ id: z.number() }),
  paused: z.object({ isPaused: z.boolean() }),
} as const;

export type Method = keyof typeof methods;
export type Request<M extends Method> = z.input<(typeof methods)[M]['request']>;
export type Response<M extends Method> = z.output<(typeof methods)[M]['response']>;
export type EventName = keyof typeof events;
export type EventData<E extends EventName> = z.output<(typeof events)[E]>;
export type FileState = z.output<typeof fileState>;
export type FileStatus = z.output<typeof file>;
export type TransferStatus = z.output<typeof transfer>;
export type Stats = z.output<typeof stats>;

/** From the parent. */
export const call = z.object({ id: z.int().min(0), method: z.string(), params: z.unknown().optional() });

export const controlErrorCode = z.enum([
  /** No message of this protocol. */
  'Malformed',
  /** The gateway does not know the method: it is an older one. */
  'UnknownMethod',
  /** The method is known, and what it was given is not acceptable. */
  'InvalidRequest',
  /** The gateway could not do it. */
  'Failed',
]);
export type ControlErrorCode = z.output<typeof controlErrorCode>;

/** From the gateway. `id` -1: the answer to something that had none. */
export const answer = z.union([
  z.object({ id: z.int(), error: z.object({ code: controlErrorCode, message: z.string() }) }),
  z.object({ event: z.string(), data: z.unknown() }),
  z.object({ id: z.int(), result: z.unknown() }),
]);
export type Answer = z.output<typeof answer>;

export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly code: ControlErrorCode;

  /** @param message a sentence for the user; never a secret */
  constructor(code: ControlErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** One connection to the gateway, from its parent's side. */
export interface ControlConnection {
  /** A message as it came. Never throws: what is wrong with it is answered. */
  receive(message: unknown): void;
  /** Nobody hears the answers any more. */
  close(): void;
}
