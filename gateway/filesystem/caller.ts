/** On whose behalf an operation runs: the AUTH_SYS credential of the RPC and where it came from. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly gids: readonly number[];
  /** IP address of the client, without the port. */
  readonly address: string;
  /** The protocol's client, where it is known: what it has been delegated is not in its own way. Compared by identity. */
  readonly client?: object;
}
