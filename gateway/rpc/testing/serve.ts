/** A server on a free port of loopback that ends with its test, and what it says. */
import { onTestFinished } from 'vitest';
import type { Log } from '../../log.ts';
import { RpcClient, type RpcClientOptions } from '../client.ts';
import type { RpcProgram } from '../program.ts';
import { RpcServer, type RpcServerOptions } from '../server.ts';

export interface Serving {
  readonly server: RpcServer;
  readonly port: number;
  /** `warn: A connection was closed.`, … */
  readonly said: readonly string[];
  readonly connect: (options?: RpcClientOptions) => Promise<RpcClient>;
}

export async function serve(
  programs: readonly RpcProgram[],
  options: Partial<Omit<RpcServerOptions, 'programs' | 'log'>> = {},
): Promise<Serving> {
  const said: string[] = [];
  const say = (level: string) => (fields: object, message: string) => {
    const { error } = fields as { readonly error?: string | Error };
    said.push(`${level}: ${message}${error === undefined ? '' : ` ${String(error)}`}`);
  };
  const log: Log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  const server = new RpcServer({ programs, log, insecurePorts: true, allow: [], ...options });
  const { port } = await server.listen('127.0.0.1', 0);
  onTestFinished(() => server.close(0));
  const connect = async (clientOptions: RpcClientOptions = {}): Promise<RpcClient> => {
    const client = await RpcClient.connect('127.0.0.1', port, clientOptions);
    onTestFinished(() => client.close());
    return client;
  };
  return { server, port, said, connect };
}
