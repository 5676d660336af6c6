/** Registers programs with the rpcbind that runs on this machine, and takes them off it. RFC 1833 §2.2.1. */
import { RpcClient } from '../client.ts';
import type { Credential } from '../program.ts';
import { boolean } from '../xdr.ts';
import { binding, mapping, portmapperProgram, Protocol, universalAddressOf } from './codec.ts';
import type { Service } from './program.ts';

/** rpcbind takes registrations by its socket from everybody, over loopback from reserved ports alone. */
export interface RpcbindPlace {
  readonly socket: string;
  readonly host: string;
  readonly port: number;
}

export const thisMachines: RpcbindPlace = { socket: '/run/rpcbind.sock', host: '127.0.0.1', port: 111 };

const Procedure = { set: 1, unset: 2 } as const;

export class Rpcbind {
  readonly #client: RpcClient;
  readonly #isLocal: boolean;

  private constructor(client: RpcClient, isLocal: boolean) {
    this.#client = client;
    this.#isLocal = isLocal;
  }

  /** undefined: none answers. */
  static async find({ socket, host, port }: RpcbindPlace): Promise<Rpcbind | undefined> {
    const local = await connected(() => RpcClient.connectTo(socket), 4);
    if (local !== undefined) return new Rpcbind(local, true);
    const remote = await connected(() => RpcClient.connect(host, port, { reservedPort: true }), 2);
    return remote === undefined ? undefined : new Rpcbind(remote, false);
  }

  /**
   * @param address that the service listens on
   * @returns whether it is registered; false: another server has this program and version
   */
  async set(service: Service, address: string): Promise<boolean> {
    return this.#ask(Procedure.set, service, address);
  }

  async unset(service: Service, address: string): Promise<boolean> {
    return this.#ask(Procedure.unset, service, address);
  }

  close(): void {
    this.#client.close();
  }

  async #ask(procedure: number, service: Service, address: string): Promise<boolean> {
    const { program, version, transport, port } = service;
    const credential: Credential = { flavor: 'none' };
    const results = this.#isLocal
      ? await this.#client.call(portmapperProgram, 4, procedure, credential, (writer) =>
          binding.encode(writer, {
            ...{ program, version, netid: transport },
            ...{ address: universalAddressOf(address, port), owner: '' },
          }),
        )
      : await this.#client.call(portmapperProgram, 2, procedure, credential, (writer) =>
          mapping.encode(writer, { program, version, protocol: Protocol[transport], port }),
        );
    return boolean.decode(results);
  }
}

/** Whether something that answers as a portmapper does is there. */
async function connected(connect: () => Promise<RpcClient>, version: number): Promise<RpcClient | undefined> {
  let client: RpcClient;
  try {
    client = await connect();
  } catch {
    return undefined;
  }
  try {
    await client.call(portmapperProgram, version, 0, { flavor: 'none' }, () => undefined);
    return client;
  } catch {
    client.close();
    return undefined;
  }
}
