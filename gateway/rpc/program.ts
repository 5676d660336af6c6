/** What the RPC server (server.ts) and the programs it serves (nfs4/, nfs3/) say to each other. RFC 5531. */
import type { XdrReader, XdrWriter } from './xdr.ts';

/** Decoded AUTH_SYS (RFC 5531 §14), or AUTH_NONE. */
export type Credential =
  | { readonly flavor: 'none' }
  | {
      readonly flavor: 'sys';
      readonly machine: string;
      readonly uid: number;
      readonly gid: number;
      readonly gids: readonly number[];
    };

/** One TCP connection of a client. */
export interface RpcConnection {
  /** Never reused in this process. */
  readonly id: number;
  /** IP address, IPv4 in its own form even on a dual-stack socket. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The gateway's IP address as this client knows it. */
  readonly localAddress: string;
  /** Called once when the connection is gone. */
  onClose(listener: () => void): void;
  /** Calls a program of the client on the same connection (the backchannel of RFC 8881 §2.10.3.1); resolves with a reader at the results of an accepted SUCCESS reply. */
  call(
    program: number,
    version: number,
    procedure: number,
    encodeArguments: (writer: XdrWriter) => void,
    /** Default: AUTH_NONE. */
    options?: { readonly credential?: Credential },
  ): Promise<XdrReader>;
}

export interface RpcCall {
  readonly xid: number;
  readonly version: number;
  readonly procedure: number;
  readonly credential: Credential;
  readonly connection: RpcConnection;
  /** At the procedure's arguments. */
  readonly arguments: XdrReader;
  /** Bytes of the whole record, for ca_maxrequestsize. */
  readonly recordSize: number;
}

export interface RpcProgram {
  readonly program: number;
  /**
   * Versions that are served. Several RpcPrograms may serve one program, each its own versions; others get PROG_MISMATCH
   * with the lowest and highest of all these.
   */
  readonly versions: readonly number[];
  /**
   * Writes the results of an accepted call. Results that must not be sent (a request that another transport is still
   * working on) are answered with `drop`. An XdrError while arguments are read becomes GARBAGE_ARGS; `unknown procedure`
   * PROC_UNAVAIL; any other exception is logged and becomes SYSTEM_ERR. What has been written then is taken back. A call
   * that waits for nothing is answered at once, without a promise.
   */
  perform(call: RpcCall, results: XdrWriter): Promise<RpcOutcome> | RpcOutcome;
}

export type RpcOutcome = 'done' | 'unknown procedure' | 'drop';
