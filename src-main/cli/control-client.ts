/** Speaks with a gateway that runs, over its control socket. */
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { answer, events, methods } from '../../gateway/control.ts';
import type { EventData, EventName, Method, Request, Response } from '../../gateway/control.ts';
import { CommandError } from './command-error.ts';
import { isControlFile, recordPath, socketPath, type ControlAddress } from './control-address.ts';
import { readLines, writeLine } from './line-reader.ts';

export interface GatewayChoice {
  readonly runtimeFolder: string;
  /** What `--data-dir` names; undefined: the gateway that runs. */
  readonly dataFolder: string | undefined;
  readonly defaultDataFolder: string;
  readonly platform: NodeJS.Platform;
}

const gone = 'The gateway has gone away in the middle of this. What was staged is kept and goes up when it runs again.';

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class ControlClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, (data: unknown) => void>();
  #next = 0;
  /** Resolves when the gateway has gone. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) =>
      socket.once('close', () => {
        for (const { reject } of this.#waiting.values()) reject(new CommandError(gone));
        this.#waiting.clear();
        resolve();
      }),
    );
    readLines(
      socket,
      (message) => this.#receive(message),
      () => socket.destroy(),
    );
  }

  /** @throws CommandError where no gateway runs, or more than one does */
  static async open(choice: GatewayChoice): Promise<ControlClient> {
    const { socket, token } = await find(choice);
    socket.on('error', () => socket.destroy());
    if (token !== undefined) writeLine(socket, { token });
    return new ControlClient(socket);
  }

  /** @throws CommandError where the gateway refuses, is an older one, or goes away */
  async call<M extends Method>(method: M, params: Request<M>): Promise<Response<M>> {
    const id = this.#next++;
    const result = await new Promise((resolve, reject) => {
      if (this.#socket.destroyed) {
        reject(new CommandError(gone));
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      writeLine(this.#socket, { id, method, params });
    });
    const parsed = methods[method].response.safeParse(result);
    if (parsed.success) return parsed.data as Response<M>;
    throw new CommandError(
      `The gateway that runs answers ${method} in a way that this version does not understand: it is of another version. Restart it.`,
      { cause: parsed.error },
    );
  }

  /** Events that cannot be understood are left out: a newer gateway says more. */
  async listen<E extends EventName>(event: E, listener: (data: EventData<E>) => void): Promise<void> {
    this.#listeners.set(event, (data) => {
      const parsed = events[event].safeParse(data);
      if (parsed.success) listener(parsed.data as EventData<E>);
    });
    await this.call('subscribe', { events: [event] });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(message: unknown): void {
    const parsed = answer.safeParse(message);
    if (!parsed.success) return;
    if ('event' in parsed.data) {
      this.#listeners.get(parsed.data.event)?.(parsed.data.data);
      return;
    }
    const { id } = parsed.data;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (!('error' in parsed.data)) waiting?.resolve(parsed.data.result);
    else {
      const { code, message: sentence } = parsed.data.error;
      const isOlder = code === 'UnknownMethod';
      waiting?.reject(
        new CommandError(isOlder ? 'The gateway that runs is an older one and cannot do this: restart it.' : sentence),
      );
    }
  }
}

function none({ dataFolder }: GatewayChoice): string {
  return dataFolder === undefined
    ? 'No gateway runs: start one with “windlass gateway”.'
    : `No gateway runs on the data folder ${dataFolder}: start one with “windlass gateway --data-dir ${dataFolder}”.`;
}

const record = z.object({ path: z.string(), token: z.string() });

interface Found {
  readonly socket: Socket;
  readonly token: string | undefined;
}

/**
 * The gateway of the data folder that is meant, else of the default one, else the only one that runs. What a killed
 * gateway has left is no gateway: only one that answers counts.
 */
async function find(choice: GatewayChoice): Promise<Found> {
  const { runtimeFolder, dataFolder, defaultDataFolder, platform } = choice;
  const fileOf = platform === 'win32' ? recordPath : socketPath;
  const wanted = fileOf(runtimeFolder, dataFolder ?? defaultDataFolder);
  const meant = wanted === undefined ? undefined : await reach(wanted, platform);
  if (meant !== undefined) return meant;
  if (dataFolder !== undefined) throw new CommandError(none(choice));
  const names = (await readdir(runtimeFolder).catch(() => [])).filter(isControlFile);
  const reached = await Promise.allSettled(names.map((name) => reach(path.join(runtimeFolder, name), platform)));
  const running = reached.flatMap((one) => (one.status === 'fulfilled' && one.value !== undefined ? [one.value] : []));
  const [only] = running;
  if (only !== undefined && running.length === 1) return only;
  for (const { socket } of running) socket.destroy();
  if (only === undefined) throw new CommandError(none(choice));
  throw new CommandError(`${running.length} gateways run: say which is meant with --data-dir.`);
}

/** @returns undefined where no gateway answers there @throws CommandError where it is another user's */
async function reach(file: string, platform: NodeJS.Platform): Promise<Found | undefined> {
  const address = platform === 'win32' ? await readRecord(file) : { path: file };
  if (address === undefined) return undefined;
  const socket = connect(address.path);
  try {
    await once(socket, 'connect');
    return { socket, token: address.token };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') return undefined;
    throw new CommandError('The gateway that runs is another user’s.', { cause });
  }
}

/** Where pipe and token are; undefined where there is no such file, or one that is not whole. */
async function readRecord(file: string): Promise<ControlAddress | undefined> {
  try {
    return record.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}
