import { expect, it } from 'vitest';
import { callerOf } from './caller.ts';
import type { RpcConnection } from './program.ts';

const connection = { remoteAddress: '192.0.2.1' } as RpcConnection;

it('takes who calls from AUTH_SYS, and nobody from AUTH_NONE', () => {
  const none = callerOf({ credential: { flavor: 'none' }, connection });
  expect(none).toEqual({ uid: 65534, gid: 65534, gids: [], address: '192.0.2.1' });
  const credential = { flavor: 'sys', machine: 'host', uid: 5, gid: 6, gids: [7] } as const;
  expect(callerOf({ credential, connection })).toEqual({ uid: 5, gid: 6, gids: [7], address: '192.0.2.1' });
});
