/**
 * Lets clients find this gateway's programs by port 111: with a portmapper of its own, or with the rpcbind that is there
 * already. Asking takes no privilege of the client: any source port is served.
 */
import type { Log } from '../../log.ts';
import { DatagramServer } from '../datagram-server.ts';
import { RpcServer } from '../server.ts';
import { portmapperPort } from './codec.ts';
import { PortmapperError } from './error.ts';
import { PortmapperProgram, type Service } from './program.ts';
import { Rpcbind, thisMachines, type RpcbindPlace } from './rpcbind.ts';

export interface PortmapperOptions {
  /** Where the services listen, and the portmapper with them. */
  readonly address: string;
  readonly services: readonly Service[];
  /** Program numbers that clients can do without: another server may have them. */
  readonly dispensable: ReadonlySet<number>;
  readonly allow: readonly string[];
  readonly log: Log;
  /** Default 111. */
  readonly port?: number;
  readonly rpcbind?: RpcbindPlace;
}

export interface Portmapper {
  /** Whose it is. */
  readonly kind: 'own' | 'rpcbind';
  /** Clients find nothing of this gateway any more. */
  close(): Promise<void>;
}

/** Milliseconds that questions under way get to be answered. */
const closeWait = 1000;

/** @throws PortmapperError; the system's error for an address that is not this machine's */
export async function openPortmapper(options: PortmapperOptions): Promise<Portmapper> {
  try {
    return await serve(options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') {
      throw new PortmapperError(
        'not allowed',
        'The portmapper needs port 111, which takes privileges: start the gateway as root or administrator, or leave --portmapper out.',
        { cause: error },
      );
    }
    if (code !== 'EADDRINUSE') throw error;
    return register(options);
  }
}

async function serve({ address, services, allow, log, port = portmapperPort }: PortmapperOptions): Promise<Portmapper> {
  const programs = [new PortmapperProgram(services)];
  const server = new RpcServer({ programs, log, allow, insecurePorts: true });
  const datagrams = new DatagramServer({ programs, log, allow });
  const bound = await server.listen(address, port);
  try {
    await datagrams.listen(address, bound.port);
  } catch (error) {
    await server.close(0);
    throw error;
  }
  return {
    kind: 'own',
    async close() {
      await Promise.all([server.close(closeWait), datagrams.close()]);
    },
  };
}

async function register(options: PortmapperOptions): Promise<Portmapper> {
  const { address, services, dispensable, log, rpcbind: place = thisMachines } = options;
  const rpcbind = await Rpcbind.find(place);
  if (rpcbind === undefined) {
    throw new PortmapperError(
      'taken',
      'Port 111 is taken by a program that is no portmapper: end that program, or leave --portmapper out.',
    );
  }
  const registered: Service[] = [];
  const close = async (): Promise<void> => {
    for (const service of registered.splice(0)) {
      await rpcbind.unset(service, address).catch((error: unknown) => {
        log.warn({ ...service, error }, 'A program could not be taken off rpcbind.');
      });
    }
    rpcbind.close();
  };
  try {
    for (const service of services) {
      if (await rpcbind.set(service, address)) {
        registered.push(service);
        continue;
      }
      const { program, version } = service;
      if (!dispensable.has(program)) {
        throw new PortmapperError(
          'registered',
          `Another server on this machine is registered with rpcbind for program ${program}, version ${version}: stop that NFS server, or leave --portmapper out.`,
        );
      }
      log.warn(
        service,
        'Another server on this machine locks files for NFSv3; clients cannot lock those of this gateway.',
      );
    }
  } catch (error) {
    await close();
    throw error;
  }
  log.info({ programs: registered.length }, 'The programs of this gateway are registered with rpcbind.');
  return { kind: 'rpcbind', close };
}
