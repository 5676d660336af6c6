/** How clients of NFSv3 find the gateway's programs: its small ones over UDP as well, and port 111 that tells of all. */
import type { Log } from './log.ts';
import { nlmProgram } from './nfs3/nlm/codec.ts';
import { nsmProgram } from './nfs3/nsm/codec.ts';
import { DatagramServer } from './rpc/datagram-server.ts';
import { openPortmapper } from './rpc/portmapper/portmapper.ts';
import type { Service } from './rpc/portmapper/program.ts';
import type { RpcProgram } from './rpc/program.ts';

export interface DiscoveryOptions {
  /** Where the gateway listens. */
  readonly bound: { readonly address: string; readonly port: number };
  /** Everything served there over TCP. */
  readonly programs: readonly RpcProgram[];
  /** Of these, what is served over UDP too, on the port of the same number. */
  readonly overUdp: readonly RpcProgram[];
  readonly allow: readonly string[];
  readonly log: Log;
}

export interface Discovery {
  close(): Promise<void>;
}

/** Where the machine's own NFS client locks for NFSv3 it has these, and nobody else can. */
const dispensable: ReadonlySet<number> = new Set([nlmProgram, nsmProgram]);

/** @throws PortmapperError, and the system's errors, with `syscall` bind */
export async function openDiscovery({ bound, programs, overUdp, allow, log }: DiscoveryOptions): Promise<Discovery> {
  const { address, port } = bound;
  const datagrams = new DatagramServer({ programs: overUdp, log, allow });
  await datagrams.listen(address, port);
  try {
    const services = [...servicesOf(programs, 'tcp', port), ...servicesOf(overUdp, 'udp', port)];
    const portmapper = await openPortmapper({ address, services, dispensable, allow, log });
    return {
      async close() {
        await portmapper.close();
        await datagrams.close();
      },
    };
  } catch (error) {
    await datagrams.close();
    throw error;
  }
}

function servicesOf(programs: readonly RpcProgram[], transport: Service['transport'], port: number): Service[] {
  return programs.flatMap(({ program, versions }) =>
    versions.map((version) => ({ program, version, transport, port })),
  );
}
