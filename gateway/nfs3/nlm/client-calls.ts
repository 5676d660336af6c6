/** Calls to a client's own lock manager and status monitor, which its portmapper knows the ports of. */
import { RpcClient } from '../../rpc/client.ts';
import { mapping, portmapperPort, portmapperProgram, Protocol } from '../../rpc/portmapper/codec.ts';
import type { Credential } from '../../rpc/program.ts';
import { uint32, type XdrReader, type XdrWriter } from '../../rpc/xdr.ts';
import { nsmNotifyProcedure, nsmProgram, stateChange } from '../nsm/codec.ts';
import type { Peer } from './clients.ts';
import { nlmProgram, NlmProcedure, NlmStatus, plainResult, testArguments } from './codec.ts';
import type { Request } from './lock-manager.ts';

/** Milliseconds that a client gets to answer. */
const callTimeout = 10_000;

const nlmVersion = 4;
const nsmVersion = 1;
const nobody: Credential = { flavor: 'none' };

/** The client has no such program. */
class NoSuchService extends Error {
  override readonly name = 'NoSuchService';
}

export interface ClientCallsSettings {
  /** Port of clients' portmappers; default 111. */
  readonly portmapperPort?: number;
}

export class ClientCalls {
  readonly #portmapperPort: number;
  #cookie = 0;

  constructor({ portmapperPort: port = portmapperPort }: ClientCallsSettings = {}) {
    this.#portmapperPort = port;
  }

  /** GRANTED. @returns whether the client took the lock; rejects where it cannot be reached */
  async grant({ holder, handle, kind, range }: Request): Promise<boolean> {
    const { owner, svid, client } = holder;
    const cookie = Buffer.alloc(4);
    cookie.writeUInt32BE((this.#cookie = (this.#cookie + 1) >>> 0));
    const lock = { callerName: client.peer.name, handle, owner, svid, range };
    const results = await this.#call(client.peer, nlmProgram, nlmVersion, NlmProcedure.GRANTED, (writer) =>
      testArguments.encode(writer, { cookie, exclusive: kind === 'write', lock }),
    );
    return plainResult.decode(results).status === NlmStatus.GRANTED;
  }

  /** The answer to one of NLM's messages without replies. */
  async send(peer: Peer, procedure: number, encodeArguments: (writer: XdrWriter) => void): Promise<void> {
    await this.#call(peer, nlmProgram, nlmVersion, procedure, encodeArguments);
  }

  /** SM_NOTIFY: this gateway has restarted. The client knows it by the address that it has mounted. */
  async notify(peer: Peer, state: number): Promise<void> {
    await this.#call(peer, nsmProgram, nsmVersion, nsmNotifyProcedure, (writer) =>
      stateChange.encode(writer, { name: peer.localAddress, state }),
    );
  }

  async #call(
    { address, localAddress }: Peer,
    program: number,
    version: number,
    procedure: number,
    encodeArguments: (writer: XdrWriter) => void,
  ): Promise<XdrReader> {
    // Clients know the server by its address: calls come from there.
    const options = { localAddress, limits: { callTimeout } };
    const portmapper = await RpcClient.connect(address, this.#portmapperPort, options);
    let port: number;
    try {
      const asked = { program, version, protocol: Protocol.tcp, port: 0 };
      const results = await portmapper.call(portmapperProgram, 2, 3, nobody, (writer) => mapping.encode(writer, asked));
      port = uint32.decode(results);
    } finally {
      portmapper.close();
    }
    if (port === 0) throw new NoSuchService(`the client has no program ${program}, version ${version}`);
    const client = await RpcClient.connect(address, port, options);
    try {
      return await client.call(program, version, procedure, nobody, encodeArguments);
    } finally {
      client.close();
    }
  }
}
