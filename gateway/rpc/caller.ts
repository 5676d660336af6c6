/** On whose behalf a call is made. */
import type { RpcCall } from './program.ts';

/** Whom AUTH_NONE speaks for: nobody. */
const nobody = 65534;

export interface RpcCaller {
  readonly uid: number;
  readonly gid: number;
  readonly gids: readonly number[];
  /** IP address of the client. */
  readonly address: string;
}

export function callerOf({ credential, connection }: Pick<RpcCall, 'credential' | 'connection'>): RpcCaller {
  const address = connection.remoteAddress;
  if (credential.flavor === 'none') return { uid: nobody, gid: nobody, gids: [], address };
  return { uid: credential.uid, gid: credential.gid, gids: credential.gids, address };
}
