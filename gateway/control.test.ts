import { duplexPair } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  ControlClient,
  ControlError,
  lineChannel,
  methods,
  serveControl,
  type GatewayControl,
  type GatewayEvent,
  type GatewayStatus,
  type MethodName,
} from './control.ts';

const idle: GatewayStatus = {
  address: '127.0.0.1',
  port: 2049,
  exports: [],
  pending: 0,
  failed: 0,
  stagedBytes: 0,
  isPaused: false,
  notices: 0,
};

interface Ends {
  readonly client: ControlClient;
  /** What the client's stream has sent in lines, raw. */
  readonly raw: ReturnType<typeof duplexPair>[0];
  readonly tell: (event: GatewayEvent) => void;
  readonly listeners: Set<(event: GatewayEvent) => void>;
  readonly defects: unknown[];
}

function connect(answers: Partial<GatewayControl['handlers']> = {}): Ends {
  const listeners = new Set<(event: GatewayEvent) => void>();
  const defects: unknown[] = [];
  const unexpected = (): Promise<never> => Promise.reject(new Error('a defect with hunter2'));
  const handlers = {
    ...Object.fromEntries((Object.keys(methods) as MethodName[]).map((name) => [name, unexpected])),
    ...answers,
  } as GatewayControl['handlers'];
  const subscribe = (listener: (event: GatewayEvent) => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const [ours, theirs] = duplexPair();
  serveControl(lineChannel(theirs), { handlers, subscribe }, (error) => defects.push(error));
  const tell = (event: GatewayEvent): void => listeners.forEach((listener) => listener(event));
  return { client: new ControlClient(lineChannel(ours)), raw: ours, tell, listeners, defects };
}

const error = (code: string) => expect.objectContaining({ name: 'ControlError', code }) as Error;

describe('Control messages', () => {
  it('carry requests and answers, defaults filled in, in any order', async () => {
    const slow = Promise.withResolvers<GatewayStatus>();
    const { client } = connect({
      flush: () => slow.promise,
      transfers: ({ limit }) => Promise.resolve({ transfers: [], total: limit }),
    });
    const flushed = client.call('flush', {});
    expect(await client.call('transfers', {})).toEqual({ transfers: [], total: 1000 });
    slow.resolve(idle);
    expect(await flushed).toEqual(idle);
  });

  it('carry refusals with their sentences, and keep defects to the gateway', async () => {
    const { client, defects } = connect({
      file: () => Promise.reject(new ControlError('not-found', 'There is no such file.')),
    });
    await expect(client.call('file', { path: '/x' })).rejects.toThrow('There is no such file.');
    await expect(client.call('pause', {})).rejects.toThrow(error('unexpected'));
    await expect(client.call('pause', {})).rejects.not.toThrow(/hunter2/);
    expect(defects).toHaveLength(2);
  });

  it('are checked at both ends', async () => {
    const { client } = connect({ status: () => Promise.resolve({ ...idle, port: 'x' } as unknown as GatewayStatus) });
    await expect(client.call('transfers', { limit: 0 })).rejects.toThrow(error('invalid'));
    await expect(client.call('nothing' as 'status', {})).rejects.toThrow(error('unknown'));
    await expect(client.call('status', {})).rejects.toThrow(error('unexpected'));
  });

  it('tell of events until the channel closes', async () => {
    const { client, tell, listeners, raw } = connect();
    const heard: string[] = [];
    client.onEvent(({ event }) => heard.push(event));
    tell({ event: 'transfer-ended', data: { sequence: 1 } });
    await sleep(5);
    expect(heard).toEqual(['transfer-ended']);
    raw.end();
    while (listeners.size > 0) await sleep(1);
  });

  it('leave nobody waiting when the other end goes away', async () => {
    const { client, raw } = connect({ flush: () => new Promise(() => undefined) });
    const waiting = client.call('flush', {});
    await sleep(1);
    raw.destroy();
    await expect(waiting).rejects.toThrow(error('gone'));
    await expect(client.call('status', {})).rejects.toThrow(error('gone'));
  });

  it('that are none close the stream, and harm nobody', async () => {
    const { raw, listeners } = connect();
    raw.write('{"id":1}\n{"not json\n');
    while (listeners.size > 0) await sleep(1);
  });
});
