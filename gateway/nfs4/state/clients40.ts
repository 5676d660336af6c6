/** Clients of 4.0: SETCLIENTID and SETCLIENTID_CONFIRM. RFC 7530 §16.33.5, §16.34.5. */
import { randomBytes } from 'node:crypto';
import type { setClientidArguments } from '../codec/clients.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error } from '../operation.ts';
import type { Decoded } from '../../rpc/xdr.ts';
import { Client } from './client.ts';
import type { ClientLife } from './client-life.ts';
import type { Identifiers } from './identifiers.ts';
import type { Leases } from './leases.ts';

type SetClientid = Decoded<typeof setClientidArguments>;

/** How to call a 4.0 client, and the IP address that it was said from. */
export type Callback = Pick<SetClientid, 'callback' | 'callbackIdent'> & { readonly from: string };

/** { v, x, c, k, s } of RFC 7530 §16.33.5 */
interface ClientRecord {
  readonly verifier: Buffer;
  readonly id: Buffer;
  readonly clientid: bigint;
  readonly callback: Callback;
  readonly confirm: Buffer;
  readonly uid: number;
}

interface Confirmed extends ClientRecord {
  readonly client: Client;
}

interface Unconfirmed extends ClientRecord {
  readonly madeAt: number;
}

/** Most names that are not confirmed yet: a flood of them costs the oldest ones, and nobody who is confirmed. */
const maxUnconfirmed = 1024;

export interface Clients40Parts {
  readonly identifiers: Identifiers;
  readonly leases: Leases;
  readonly life: ClientLife;
  /** The client is to be called in another way. */
  readonly onCallback: (client: Client) => void;
}

export class Clients40 {
  readonly #parts: Clients40Parts;
  /** By the client's name for itself, as latin1. */
  readonly #confirmed = new Map<string, Confirmed>();
  readonly #unconfirmed = new Map<string, Unconfirmed>();
  /** The keys of `#unconfirmed`, by clientid. */
  readonly #names = new Map<bigint, string>();
  readonly #byClientid = new Map<bigint, Confirmed>();

  constructor(parts: Clients40Parts) {
    this.#parts = parts;
  }

  /** Confirmed ones. */
  get size(): number {
    return this.#confirmed.size;
  }

  *[Symbol.iterator](): Iterator<Client> {
    for (const { client } of this.#confirmed.values()) yield client;
  }

  /** @throws Nfs4Error CLID_INUSE (data: the address of who has the name) */
  setClientid(args: SetClientid, uid: number, from: string): { readonly clientid: bigint; readonly confirm: Buffer } {
    const name = args.client.id.toString('latin1');
    const confirmed = this.#confirmed.get(name);
    if (confirmed !== undefined && confirmed.uid !== uid && this.#isInUse(confirmed.client)) {
      throw new Nfs4Error(
        Nfs4Status.CLID_INUSE,
        'another principal has that name',
        confirmed.callback.callback.location,
      );
    }
    // The same instance only updates how it is called, and keeps its clientid.
    const isUpdate = confirmed?.uid === uid && confirmed.verifier.equals(args.client.verifier);
    const record: Unconfirmed = {
      verifier: Buffer.from(args.client.verifier),
      id: Buffer.from(args.client.id),
      clientid: isUpdate ? confirmed.clientid : this.#parts.identifiers.clientid(),
      callback: { callback: args.callback, callbackIdent: args.callbackIdent, from },
      confirm: randomBytes(8),
      uid,
      madeAt: this.#parts.leases.now,
    };
    this.#forget(name);
    for (const oldest of this.#unconfirmed.keys()) {
      if (this.#unconfirmed.size < maxUnconfirmed) break;
      this.#forget(oldest);
    }
    this.#unconfirmed.set(name, record);
    this.#names.set(record.clientid, name);
    return { clientid: record.clientid, confirm: record.confirm };
  }

  /** @throws Nfs4Error STALE_CLIENTID, CLID_INUSE, DELAY */
  async confirm(clientid: bigint, confirm: Buffer, uid: number): Promise<void> {
    const name = this.#names.get(clientid);
    const record = name === undefined ? undefined : this.#unconfirmed.get(name);
    if (name === undefined || record?.confirm.equals(confirm) !== true) {
      const again = this.#byClientid.get(clientid);
      if (again === undefined || !again.confirm.equals(confirm)) throw new Nfs4Error(Nfs4Status.STALE_CLIENTID);
      if (again.uid !== uid) throw new Nfs4Error(Nfs4Status.CLID_INUSE);
      return;
    }
    if (record.uid !== uid) throw new Nfs4Error(Nfs4Status.CLID_INUSE);
    const before = this.#confirmed.get(name);
    if (before === undefined) this.#parts.life.requireRoom();
    this.#forget(name);
    if (before?.clientid === clientid) {
      this.#keep(name, { ...record, client: before.client });
      before.client.hasLost = false;
      this.#parts.onCallback(before.client);
      return;
    }
    const client = new Client('4.0', record.id, clientid, record.verifier, uid, this.#parts.leases.now);
    this.#keep(name, { ...record, client });
    if (before !== undefined) {
      this.#byClientid.delete(before.clientid);
      await this.#parts.life.end(before.client);
    }
    await this.#parts.life.begin(client);
  }

  /** The confirmed client, its lease renewed. @throws Nfs4Error STALE_CLIENTID */
  require(clientid: bigint): Client {
    const confirmed = this.#byClientid.get(clientid);
    if (confirmed === undefined) throw new Nfs4Error(Nfs4Status.STALE_CLIENTID);
    this.#parts.leases.renew(confirmed.client);
    return confirmed.client;
  }

  callbackOf(client: Client): Callback | undefined {
    return this.#byClientid.get(client.clientid)?.callback;
  }

  async destroy(client: Client): Promise<void> {
    for (const [name, confirmed] of this.#confirmed) if (confirmed.client === client) this.#confirmed.delete(name);
    this.#byClientid.delete(client.clientid);
    await this.#parts.life.end(client);
  }

  /** Forgets names that were not confirmed within a lease. */
  tidy(): void {
    const { now, milliseconds } = this.#parts.leases;
    for (const [name, record] of this.#unconfirmed) {
      if (now - record.madeAt > milliseconds) this.#forget(name);
    }
  }

  /** Forgets a name that is not confirmed. */
  #forget(name: string): void {
    const record = this.#unconfirmed.get(name);
    if (record === undefined) return;
    this.#unconfirmed.delete(name);
    this.#names.delete(record.clientid);
  }

  #isInUse(client: Client): boolean {
    return client.hasState && !this.#parts.leases.isExpired(client);
  }

  #keep(name: string, record: Confirmed): void {
    this.#confirmed.set(name, record);
    this.#byClientid.set(record.clientid, record);
  }
}
