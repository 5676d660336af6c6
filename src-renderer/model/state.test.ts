import { describe, expect, it } from 'vitest';
import { connection } from '../../src-main/api/connections.ts';
import type { Transfer } from '../../src-main/api/transfers.ts';
import { applyEvent, type State } from './state.ts';

const lab = connection.parse({
  name: 'lab',
  preset: 'minio',
  secret: { kind: 'keychain' },
  state: 'unknown',
  hasKeys: true,
  unsentBytes: 0,
});
const upload: Transfer = { id: 't', mount: 'm', path: 'a', kind: 'upload', state: 'running', size: 10, sent: 1 };
const notice = { id: 'n', kind: 'conflict', time: 1, key: 'a', message: 'Look.' };
const state: State = {
  connections: [lab, { ...lab, name: 'other' }],
  mounts: [],
  transfers: { transfers: [upload], isPaused: false, rate: 0, requests: {} },
  notices: [notice],
};

describe('What the window knows', () => {
  it('changes in its place with an event, and keeps the rest', () => {
    const after = applyEvent(state, { event: 'connection', connection: { ...lab, state: 'ready' } });
    expect(after.connections.map((one) => [one.name, one.state])).toEqual([
      ['lab', 'ready'],
      ['other', 'unknown'],
    ]);
    expect(after.notices).toBe(state.notices);
  });

  it('grows by what is new', () => {
    const after = applyEvent(state, { event: 'transfer', transfer: { ...upload, id: 'u' } });
    expect(after.transfers.transfers.map(({ id }) => id)).toEqual(['t', 'u']);
  });

  it('loses what is done, dismissed or removed', () => {
    expect(applyEvent(state, { event: 'transfer-done', id: 't' }).transfers.transfers).toEqual([]);
    expect(applyEvent(state, { event: 'notice-dismissed', id: 'n' }).notices).toEqual([]);
    expect(applyEvent(state, { event: 'mount-removed', id: 'x' }).mounts).toEqual([]);
  });
});
