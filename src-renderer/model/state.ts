/** What the service has told, and how each event changes it. Pure. */
import type { Connection } from '../../src-main/api/connections.ts';
import type { Event } from '../../src-main/api/events.ts';
import type { Mount } from '../../src-main/api/mounts.ts';
import type { Notice } from '../../src-main/api/notices.ts';
import type { Transfers } from '../../src-main/api/transfers.ts';

export interface State {
  readonly connections: readonly Connection[];
  readonly mounts: readonly Mount[];
  readonly transfers: Transfers;
  readonly notices: readonly Notice[];
}

export function applyEvent(state: State, event: Event): State {
  switch (event.event) {
    case 'connection':
      return { ...state, connections: put(state.connections, event.connection, ({ name }) => name) };
    case 'mount':
      return { ...state, mounts: put(state.mounts, event.mount, idOf) };
    case 'mount-removed':
      return { ...state, mounts: state.mounts.filter(({ id }) => id !== event.id) };
    case 'transfer':
      return {
        ...state,
        transfers: { ...state.transfers, transfers: put(state.transfers.transfers, event.transfer, idOf) },
      };
    case 'transfer-done': {
      const transfers = state.transfers.transfers.filter(({ id }) => id !== event.id);
      return { ...state, transfers: { ...state.transfers, transfers } };
    }
    case 'notice':
      return { ...state, notices: put(state.notices, event.notice, idOf) };
    case 'notice-dismissed':
      return { ...state, notices: state.notices.filter(({ id }) => id !== event.id) };
  }
}

const idOf = ({ id }: { readonly id: string }): string => id;

/** In the place of the one with the same key, else at the end. */
function put<T>(list: readonly T[], one: T, keyOf: (one: T) => string): T[] {
  const index = list.findIndex((other) => keyOf(other) === keyOf(one));
  return index < 0 ? [...list, one] : list.with(index, one);
}
