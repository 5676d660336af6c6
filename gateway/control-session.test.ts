import { describe, expect, it } from 'vitest';
import { ControlError, type Answer, type EventName } from './control.ts';
import { ControlSession, type ControlEvents, type ControlHandlers } from './control-session.ts';
import { silentLog } from './log.ts';

const handlers = {
  hello: () => ({ protocol: 1 }),
  dismiss: ({ id }: { id: number }) => ({ dismissed: id === 7 }),
  pause: () => Promise.reject(new ControlError('Failed', 'The disk is full.')),
  resume: () => Promise.reject(new Error('a secret')),
} as unknown as ControlHandlers;

function sessionOf(): {
  session: ControlSession;
  answers: Answer[];
  emit: (event: EventName, data: unknown) => void;
  listeners: () => number;
} {
  const answers: Answer[] = [];
  const listeners = new Set<(event: EventName, data: never) => void>();
  const events: ControlEvents = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const session = new ControlSession(handlers, events, (answer) => answers.push(answer), silentLog);
  const emit = (event: EventName, data: unknown): void =>
    listeners.forEach((listener) => listener(event, data as never));
  return { session, answers, emit, listeners: () => listeners.size };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('A control connection', () => {
  it('answers each call under its number', async () => {
    const { session, answers } = sessionOf();
    session.receive({ id: 3, method: 'hello' });
    session.receive({ id: 4, method: 'dismiss', params: { id: 7 } });
    await turn();
    expect(answers).toEqual([
      { id: 3, result: { protocol: 1 } },
      { id: 4, result: { dismissed: true } },
    ]);
  });

  it.each([undefined, null, 7, 'text', [], {}, { id: 'x', method: 'hello' }, { id: -5, method: 'hello' }, { id: 1 }])(
    'answers %j, which is no call, and goes on',
    async (garbage) => {
      const { session, answers } = sessionOf();
      session.receive(garbage);
      session.receive({ id: 9, method: 'hello' });
      await turn();
      expect(answers[0]).toMatchObject({ error: { code: 'Malformed' } });
      expect(answers[1]).toEqual({ id: 9, result: { protocol: 1 } });
    },
  );

  it.each(['frobnicate', 'constructor', '__proto__'])('says that it is too old to know %s', async (method) => {
    const { session, answers } = sessionOf();
    session.receive({ id: 1, method });
    await turn();
    expect(answers).toMatchObject([{ id: 1, error: { code: 'UnknownMethod' } }]);
  });

  it('refuses what a method is not asked with', async () => {
    const { session, answers } = sessionOf();
    session.receive({ id: 1, method: 'dismiss', params: { id: 'seven' } });
    await turn();
    expect(answers).toMatchObject([{ id: 1, error: { code: 'InvalidRequest' } }]);
  });

  it('says why something failed, and of what nobody expected no more than that', async () => {
    const { session, answers } = sessionOf();
    session.receive({ id: 1, method: 'pause' });
    session.receive({ id: 2, method: 'resume' });
    await turn();
    expect(answers).toMatchObject([{ error: { message: 'The disk is full.' } }, { error: { code: 'Failed' } }]);
    expect(JSON.stringify(answers)).not.toContain('secret');
  });

  it('tells the events that were asked for, until it is closed', async () => {
    const { session, answers, emit, listeners } = sessionOf();
    session.receive({ id: 1, method: 'subscribe', params: { events: ['paused', 'of the future'] } });
    await turn();
    emit('paused', { isPaused: true });
    emit('notice', { notice: {} });
    expect(answers).toEqual([
      { id: 1, result: {} },
      { event: 'paused', data: { isPaused: true } },
    ]);
    session.close();
    expect(listeners()).toBe(0);
    emit('paused', { isPaused: false });
    expect(answers).toHaveLength(2);
  });
});
