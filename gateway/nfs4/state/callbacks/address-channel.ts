/** Callbacks of 4.0: a connection to the address that SETCLIENTID has named. RFC 7530 §10.2, §16.33. */
import { isIP } from 'node:net';
import { RpcClient } from '../../../rpc/client.ts';
import type { Credential } from '../../../rpc/program.ts';
import type { XdrReader, XdrWriter } from '../../../rpc/xdr.ts';
import { CallbackProcedure, callbackVersion } from '../../codec/callbacks.ts';
import {
  CallbackPathDownError,
  decodeCallbackHead,
  decodeCallbackResult,
  encodeCallback,
  type CallbackChannel,
  type CallbackOperation,
} from './callback-channel.ts';

/** Milliseconds until a client that does not take the connection counts as unreachable. */
const connectTimeout = 3000;

/** As the server's own requests are known by other servers; AUTH_SYS has no secret to show. */
const credential: Credential = { flavor: 'sys', machine: 'windlass', uid: 0, gid: 0, gids: [] };

export interface CallbackAddress {
  readonly program: number;
  readonly ident: number;
  readonly netid: string;
  /** Universal address, RFC 5665 §5.2.3. */
  readonly address: string;
}

/**
 * Where a client is called. Only its own address will do: nobody makes the gateway knock at doors of others.
 * @param from IP address that SETCLIENTID came from
 */
export function callbackPort({ netid, address }: CallbackAddress, from: string): number | undefined {
  if (netid !== 'tcp' && netid !== 'tcp6') return undefined;
  const [, host, high, low] = /^(.*)\.(\d{1,3})\.(\d{1,3})$/.exec(address) ?? [];
  if (host === undefined || isIP(host) === 0 || host.toLowerCase() !== from.toLowerCase()) return undefined;
  const port = Number(high) * 256 + Number(low);
  return Number(high) < 256 && Number(low) < 256 && port > 0 ? port : undefined;
}

export class AddressChannel implements CallbackChannel {
  readonly #where: CallbackAddress;
  readonly #from: string;
  #client: Promise<RpcClient> | undefined;

  constructor(where: CallbackAddress, from: string) {
    this.#where = where;
    this.#from = from;
  }

  /** Whether it leads there, said from that address. */
  isTo(where: CallbackAddress, from: string): boolean {
    const { program, ident, netid, address } = this.#where;
    const isSame = program === where.program && ident === where.ident && netid === where.netid;
    return isSame && address === where.address && from === this.#from;
  }

  async probe(): Promise<void> {
    await this.#call(CallbackProcedure.null, () => undefined);
  }

  async perform<Result>(operation: CallbackOperation<Result>): Promise<Result> {
    const { ident } = this.#where;
    const reader = await this.#call(CallbackProcedure.compound, (writer) =>
      encodeCallback(writer, { minorVersion: 0, ident }, [operation]),
    );
    decodeCallbackHead(reader);
    return decodeCallbackResult(reader, operation.result);
  }

  async #call(procedure: number, encode: (writer: XdrWriter) => void): Promise<XdrReader> {
    const client = await this.#connected();
    try {
      return await client.call(this.#where.program, callbackVersion, procedure, credential, encode);
    } catch (error) {
      // The next call begins with a connection of its own.
      client.close();
      this.#client = undefined;
      throw error;
    }
  }

  #connected(): Promise<RpcClient> {
    if (this.#client !== undefined) return this.#client;
    const port = callbackPort(this.#where, this.#from);
    if (port === undefined) throw new CallbackPathDownError('The client has named no address of its own.');
    const connecting = RpcClient.connect(this.#from, port, { connectTimeout });
    this.#client = connecting;
    const forget = (): void => {
      if (this.#client === connecting) this.#client = undefined;
    };
    connecting.then((client) => client.closed.then(forget), forget);
    return connecting;
  }

  close(): void {
    this.#client?.then(
      (client) => client.close(),
      () => undefined,
    );
    this.#client = undefined;
  }
}
