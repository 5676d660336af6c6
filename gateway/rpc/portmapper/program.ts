/**
 * The portmapper: which program of this gateway is where. Version 2 and rpcbind's 3 and 4, for asking alone: nobody else
 * can register anything, and no call is passed on. RFC 1833.
 */
import { isIPv6 } from 'node:net';
import type { RpcCall, RpcProgram } from '../program.ts';
import { boolean, uint32, type XdrWriter } from '../xdr.ts';
import {
  binding,
  bindings,
  mapping,
  mappings,
  portmapperPort,
  portmapperProgram,
  Protocol,
  universalAddress,
  universalAddressOf,
} from './codec.ts';

/** One program and version over one transport. */
export interface Service {
  readonly program: number;
  readonly version: number;
  readonly transport: 'tcp' | 'udp';
  readonly port: number;
}

const Procedure = { null: 0, set: 1, unset: 2, getport: 3, dump: 4, gettime: 6, getversaddr: 9 } as const;

export class PortmapperProgram implements RpcProgram {
  readonly program = portmapperProgram;
  readonly versions: readonly number[] = [2, 3, 4];
  readonly #services: readonly Service[];

  /** @param services beside the portmapper itself */
  constructor(services: readonly Service[]) {
    const own = this.versions.flatMap((version) =>
      (['tcp', 'udp'] as const).map((transport) => ({
        program: portmapperProgram,
        version,
        transport,
        port: portmapperPort,
      })),
    );
    this.#services = [...own, ...services];
  }

  perform(call: RpcCall, results: XdrWriter): Promise<'done' | 'unknown procedure'> {
    return Promise.resolve(call.version === 2 ? this.#mapped(call, results) : this.#bound(call, results));
  }

  #mapped(call: RpcCall, results: XdrWriter): 'done' | 'unknown procedure' {
    switch (call.procedure) {
      case Procedure.null:
        return 'done';
      case Procedure.set:
      case Procedure.unset:
        mapping.decode(call.arguments);
        boolean.encode(results, false);
        return 'done';
      case Procedure.getport: {
        const { program, version, protocol } = mapping.decode(call.arguments);
        const transport = protocol === Protocol.tcp ? 'tcp' : protocol === Protocol.udp ? 'udp' : undefined;
        uint32.encode(results, this.#find(program, version, transport)?.port ?? 0);
        return 'done';
      }
      case Procedure.dump: {
        const all = this.#services.map(({ transport, ...rest }) => ({ ...rest, protocol: Protocol[transport] }));
        mappings.encode(results, all);
        return 'done';
      }
      default:
        return 'unknown procedure';
    }
  }

  #bound(call: RpcCall, results: XdrWriter): 'done' | 'unknown procedure' {
    const here = call.connection.localAddress;
    const suffix = isIPv6(here) ? '6' : '';
    switch (call.procedure) {
      case Procedure.null:
        return 'done';
      case Procedure.set:
      case Procedure.unset:
        binding.decode(call.arguments);
        boolean.encode(results, false);
        return 'done';
      case Procedure.getversaddr:
      case Procedure.getport: {
        if (call.procedure === Procedure.getversaddr && call.version !== 4) return 'unknown procedure';
        const { program, version, netid } = binding.decode(call.arguments);
        const transport = /^tcp6?$/.test(netid) ? 'tcp' : /^udp6?$/.test(netid) ? 'udp' : undefined;
        const found = this.#find(program, version, transport, call.procedure === Procedure.getversaddr);
        universalAddress.encode(results, found === undefined ? '' : universalAddressOf(here, found.port));
        return 'done';
      }
      case Procedure.dump: {
        const all = this.#services.map(({ program, version, transport, port }) => ({
          ...{ program, version, netid: transport + suffix },
          ...{ address: universalAddressOf(here, port), owner: 'windlass' },
        }));
        bindings.encode(results, all);
        return 'done';
      }
      case Procedure.gettime:
        uint32.encode(results, Math.floor(Date.now() / 1000));
        return 'done';
      default:
        return 'unknown procedure';
    }
  }

  /** Where there is the program but not the version, the program itself tells the client which versions it has. */
  #find(program: number, version: number, transport: string | undefined, exactly = false): Service | undefined {
    const served = this.#services.filter((one) => one.program === program && one.transport === transport);
    return served.find((one) => one.version === version) ?? (exactly ? undefined : served[0]);
  }
}
