/** A 4.0 client: its clientid, and the seqids of one open-owner. */
import { setclientid } from '../../operations/setclientid.ts';
import { setclientidConfirm } from '../../operations/setclientid-confirm.ts';
import { getfh } from '../../operations/getfh.ts';
import { open } from '../../operations/open.ts';
import { openConfirm } from '../../operations/open-confirm.ts';
import type { StateidValue } from '../../codec/basic.ts';
import { OpenResultFlag } from '../../codec/opens.ts';
import { call, type Call, type CompoundClient, type CompoundReply } from '../../testing/compound-client.ts';
import { at, atData, handleOf, opening, type Opening } from './calls.ts';
import type { TestServer } from './server.ts';

/** @param address universal address at which the client is called */
export function naming40(id: string, verifier = 'boot0001', program = 0x4000_0000, address = '127.0.0.1.3.232'): Call {
  return call(setclientid, {
    client: { verifier: Buffer.from(verifier), id: Buffer.from(id) },
    callback: { program, location: { netid: 'tcp', address } },
    callbackIdent: 1,
  });
}

export class Client40 {
  readonly connection: CompoundClient;
  readonly name: string;
  readonly verifier: string;
  clientid = 0n;
  /** Of the open-owner `opener`. */
  #seqid = 0;

  constructor(server: TestServer, name: string, opts: { verifier?: string; uid?: number } = {}) {
    this.connection = server.connect(0, opts.uid);
    this.name = name;
    this.verifier = opts.verifier ?? 'boot0001';
  }

  static async begin(
    server: TestServer,
    name: string,
    opts: { verifier?: string; uid?: number } = {},
  ): Promise<Client40> {
    const client = new Client40(server, name, opts);
    await client.establish();
    return client;
  }

  /** SETCLIENTID and SETCLIENTID_CONFIRM; also after a restart of the server. */
  async establish(address?: string): Promise<void> {
    const naming = naming40(this.name, this.verifier, undefined, address);
    const named = (await this.connection.compound(naming)).value(setclientid);
    this.clientid = named.clientid;
    (await this.connection.compound(call(setclientidConfirm, named))).value(setclientidConfirm);
    this.#seqid = 0;
  }

  /** The next seqid of the open-owner. */
  next(): number {
    return ++this.#seqid;
  }

  send(...calls: readonly Call[]): Promise<CompoundReply> {
    return this.connection.compound(...calls);
  }

  /** Opens a file in the test's directory, confirming the owner where the server asks for it. */
  async open(name: string, opts: Opening = {}): Promise<{ readonly handle: Buffer; readonly stateid: StateidValue }> {
    const args = { clientid: this.clientid, seqid: this.next(), ...opts };
    const reply = await this.send(...atData, opening({ name }, args), handleOf);
    const { handle } = reply.value(getfh);
    const { flags, stateid } = reply.value(open);
    if ((flags & OpenResultFlag.CONFIRM) === 0) return { handle, stateid };
    const confirmed = await this.send(at(handle), call(openConfirm, { stateid, seqid: this.next() }));
    return { handle, stateid: confirmed.value(openConfirm) };
  }
}
