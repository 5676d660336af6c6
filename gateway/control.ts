/**
 * What a parent and a gateway say to each other while it runs: one map of methods, one of events, each with its schemas,
 * and the two ends of a channel that checks them. A channel is anything that carries plain data in order: a message port,
 * the channel of a child process, or lines of JSON on a socket (`lineChannel`).
 */
import type { Duplex } from 'node:stream';
import { z } from 'zod';

/** Why a request failed: a stable code, and a sentence for the user. Never a secret. */
const failure = z.object({ code: z.string(), message: z.string() });

/** Sizes in bytes, times in milliseconds since the epoch. */
export const transfer = z.object({
  /** Its place in the change log. */
  sequence: z.int(),
  export: z.string(),
  /** Path below the export. */
  path: z.string(),
  kind: z.enum(['upload', 'rename', 'delete']),
  state: z.enum(['waiting', 'running', 'failed']),
  size: z.int().min(0),
  /** When it is tried, or tried again. */
  nextTry: z.int().optional(),
  error: failure.optional(),
});

export const fileState = z.object({
  state: z.enum(['in-s3', 'staged', 'uploading', 'failed', 'local-only']),
  size: z.int().min(0),
  error: failure.optional(),
});

export const notice = z.object({
  id: z.int(),
  kind: z.string(),
  time: z.int(),
  export: z.string(),
  key: z.string(),
  message: z.string(),
});

export const status = z.object({
  address: z.string(),
  port: z.int(),
  exports: z.array(z.object({ name: z.string(), bucket: z.string(), prefix: z.string(), readOnly: z.boolean() })),
  /** Changes that are not in S3 yet, and how many of them failed at the last try. */
  pending: z.int(),
  failed: z.int(),
  /** Staged bytes. */
  stagedBytes: z.int(),
  isPaused: z.boolean(),
  notices: z.int(),
});

const nothing = z.object({});

/** Each takes and gives one object. */
export const methods = {
  status: { request: nothing, response: status },
  /** Those that run first, then the failed, then the waiting; at most `limit`. */
  transfers: {
    request: z.object({ limit: z.int().min(1).max(10_000).default(1000) }),
    response: z.object({ transfers: z.array(transfer), total: z.int() }),
  },
  /** `path` as a client sees it: `/EXPORT/…`. */
  file: { request: z.object({ path: z.string() }), response: fileState },
  notices: { request: nothing, response: z.object({ notices: z.array(notice) }) },
  dismissNotice: { request: z.object({ id: z.int() }), response: z.object({ wasThere: z.boolean() }) },
  /** Answered when nothing is left but what is held or what S3 refuses. */
  flush: { request: nothing, response: status },
  pause: { request: nothing, response: nothing },
  resume: { request: nothing, response: nothing },
} as const satisfies Record<string, { readonly request: z.ZodType; readonly response: z.ZodType }>;

export const events = {
  notice,
  transfer,
  /** A transfer is over: done, or no longer wanted. */
  'transfer-ended': z.object({ sequence: z.int() }),
} as const satisfies Record<string, z.ZodType>;

export type MethodName = keyof typeof methods;
export type EventName = keyof typeof events;
export type MethodInput<N extends MethodName> = z.input<(typeof methods)[N]['request']>;
export type MethodOutput<N extends MethodName> = z.output<(typeof methods)[N]['response']>;
export type Transfer = z.infer<typeof transfer>;
export type FileState = z.infer<typeof fileState>;
export type GatewayNotice = z.infer<typeof notice>;
export type GatewayStatus = z.infer<typeof status>;
export type GatewayEvent = {
  [N in EventName]: { readonly event: N; readonly data: z.output<(typeof events)[N]> };
}[EventName];

/** A request was refused, or nobody is there to answer it. The message is for the user. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What the gateway does for its parent. All throw ControlError. */
export interface GatewayControl {
  readonly handlers: {
    readonly [N in MethodName]: (input: z.output<(typeof methods)[N]['request']>) => Promise<MethodOutput<N>>;
  };
  /** @returns what ends the subscription */
  readonly subscribe: (listener: (event: GatewayEvent) => void) => () => void;
}

/** Carries plain data in order, both ways. */
export interface ControlChannel {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
}

const requestMessage = z.object({ id: z.int(), method: z.string(), input: z.unknown() });
const answerMessage = z.union([
  z.object({ id: z.int(), output: z.unknown() }),
  z.object({ id: z.int(), error: failure }),
]);
const eventMessage = z.object({ event: z.string(), data: z.unknown() });

/**
 * The gateway's end: answers requests and passes events on until the channel closes.
 * @param onDefect told what nobody expected; the other end is not
 */
export function serveControl(
  channel: ControlChannel,
  { handlers, subscribe }: GatewayControl,
  onDefect: (error: unknown) => void,
): void {
  const end = subscribe((event) => channel.send(event));
  channel.onClose(end);
  channel.onMessage((message) => {
    const request = requestMessage.safeParse(message);
    // What is no request has no id to answer under.
    if (!request.success) return;
    const { id, method, input } = request.data;
    const perform = async (): Promise<unknown> => {
      if (!isMethod(method))
        throw new ControlError(
          'unknown',
          `This gateway does not know ${method}: it is of another version; restart it.`,
        );
      const checked = methods[method].request.safeParse(input);
      if (!checked.success) throw new ControlError('invalid', `${method} was asked wrongly: it is of another version.`);
      // The map gives every handler just the input that its own schema describes.
      const handler = handlers[method] as (input: unknown) => Promise<unknown>;
      return methods[method].response.parse(await handler(checked.data));
    };
    perform().then(
      (output) => channel.send({ id, output }),
      (error: unknown) => {
        if (!(error instanceof ControlError)) onDefect(error);
        const { code, message: text } =
          error instanceof ControlError
            ? error
            : { code: 'unexpected', message: 'Something went wrong; the log says what.' };
        channel.send({ id, error: { code, message: text } });
      },
    );
  });
}

/** The parent's end. */
export class ControlClient {
  readonly #channel: ControlChannel;
  readonly #waiting = new Map<number, { resolve: (output: unknown) => void; reject: (error: Error) => void }>();
  readonly #listeners = new Set<(event: GatewayEvent) => void>();
  #next = 1;
  #isClosed = false;

  constructor(channel: ControlChannel) {
    this.#channel = channel;
    channel.onMessage((message) => this.#take(message));
    channel.onClose(() => {
      this.#isClosed = true;
      for (const { reject } of this.#waiting.values()) reject(gone());
      this.#waiting.clear();
    });
  }

  /** @throws ControlError also where the gateway goes away before it has answered */
  async call<N extends MethodName>(method: N, input: MethodInput<N>): Promise<MethodOutput<N>> {
    if (this.#isClosed) throw gone();
    const id = this.#next++;
    const output = await new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#channel.send({ id, method, input });
    });
    const checked = methods[method].response.safeParse(output);
    if (checked.success) return checked.data as MethodOutput<N>;
    throw new ControlError('unknown', 'The gateway that runs is of another version: restart it.', {
      cause: checked.error,
    });
  }

  /** @returns what ends the subscription */
  onEvent(listener: (event: GatewayEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #take(message: unknown): void {
    const answer = answerMessage.safeParse(message);
    if (answer.success) {
      const waiting = this.#waiting.get(answer.data.id);
      this.#waiting.delete(answer.data.id);
      if ('error' in answer.data) waiting?.reject(new ControlError(answer.data.error.code, answer.data.error.message));
      else waiting?.resolve(answer.data.output);
      return;
    }
    const told = eventMessage.safeParse(message);
    // A newer gateway may tell of what this end does not know.
    if (!told.success || !isEvent(told.data.event)) return;
    const data = events[told.data.event].safeParse(told.data.data);
    if (!data.success) return;
    for (const listener of this.#listeners) listener({ event: told.data.event, data: data.data } as GatewayEvent);
  }
}

/** Characters of one line; a longer one is no message of ours. */
const maxLine = 16 * 1024 * 1024;

/** Characters that the other end has not taken; then it is let go. */
const maxBacklog = 32 * 1024 * 1024;

/** JSON, one message a line. Whatever breaks that closes the stream. */
export function lineChannel(stream: Duplex): ControlChannel {
  let rest = '';
  let listener: (message: unknown) => void = () => undefined;
  stream.setEncoding('utf8');
  stream.on('error', () => stream.destroy());
  stream.on('end', () => stream.destroy());
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxLine) stream.destroy();
    for (const line of lines) {
      try {
        listener(JSON.parse(line));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        stream.destroy();
        return;
      }
    }
  });
  return {
    send: (message) => {
      if (stream.destroyed || stream.writableEnded) return;
      if (stream.writableLength > maxBacklog) stream.destroy();
      else stream.write(`${JSON.stringify(message)}\n`);
    },
    onMessage: (to) => (listener = to),
    onClose: (to) => stream.on('close', to),
  };
}

function isMethod(name: string): name is MethodName {
  return Object.hasOwn(methods, name);
}

function isEvent(name: string): name is EventName {
  return Object.hasOwn(events, name);
}

function gone(): ControlError {
  return new ControlError('gone', 'The gateway has gone away.');
}
