/** One parent's connection: checks what it sends, has it done, checks what goes back. Knows no transport. */
import {
  call,
  ControlError,
  events,
  methods,
  type Answer,
  type ControlConnection,
  type EventData,
  type EventName,
  type Method,
  type Response,
} from './control.ts';
import type { z } from 'zod';
import type { Log } from './log.ts';

type Parsed<M extends Method> = z.output<(typeof methods)[M]['request']>;

/** What the gateway does for each method; `subscribe` is the session's own. */
export type ControlHandlers = {
  readonly [M in Exclude<Method, 'subscribe'>]: (request: Parsed<M>) => Response<M> | Promise<Response<M>>;
};

/** Tells a listener of everything that happens. @returns what ends it */
export type ControlEvents = (listener: <E extends EventName>(event: E, data: EventData<E>) => void) => () => void;

export class ControlSession implements ControlConnection {
  readonly #handlers: ControlHandlers;
  readonly #events: ControlEvents;
  readonly #send: (answer: Answer) => void;
  readonly #log: Log;
  readonly #subscribed = new Set<string>();
  #unsubscribe: (() => void) | undefined;
  #closed = false;

  constructor(handlers: ControlHandlers, events: ControlEvents, send: (answer: Answer) => void, log: Log) {
    this.#handlers = handlers;
    this.#events = events;
    this.#send = send;
    this.#log = log;
  }

  receive(message: unknown): void {
    const parsed = call.safeParse(message);
    if (!parsed.success) {
      const id = (message as { id?: unknown } | null)?.id;
      this.#answer({
        id: typeof id === 'number' && Number.isInteger(id) ? id : -1,
        error: { code: 'Malformed', message: 'This is no message that a gateway understands.' },
      });
      return;
    }
    const { id, method, params } = parsed.data;
    void this.#perform(method, params ?? {}).then(
      (result) => this.#answer({ id, result }),
      (error: unknown) => this.#answer({ id, error: this.#explain(method, error) }),
    );
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  async #perform(name: string, params: unknown): Promise<unknown> {
    if (!isMethod(name)) {
      throw new ControlError(
        'UnknownMethod',
        `This gateway does not know ${JSON.stringify(name)}: it is an older one.`,
      );
    }
    const { request, response } = methods[name];
    const parsed = request.safeParse(params);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new ControlError(
        'InvalidRequest',
        `${name} is not asked for like this: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
      );
    }
    if (name === 'subscribe') {
      this.#subscribe((parsed.data as Parsed<'subscribe'>).events);
      return {};
    }
    const handler = this.#handlers[name] as (request: unknown) => unknown;
    return response.parse(await handler(parsed.data));
  }

  #subscribe(names: readonly string[]): void {
    for (const name of names) this.#subscribed.add(name);
    if (this.#closed) return;
    this.#unsubscribe ??= this.#events((event, data) => {
      if (this.#subscribed.has(event)) this.#answer({ event, data: events[event].parse(data) });
    });
  }

  #explain(method: string, error: unknown): { code: ControlError['code']; message: string } {
    if (error instanceof ControlError) return { code: error.code, message: error.message };
    this.#log.error({ method, error }, 'A request over the control connection failed unexpectedly.');
    return { code: 'Failed', message: 'The gateway could not do it; its log says why.' };
  }

  #answer(answer: Answer): void {
    if (!this.#closed) this.#send(answer);
  }
}

function isMethod(name: string): name is Method {
  return Object.hasOwn(methods, name);
}
