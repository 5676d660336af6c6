/** Clients that lock by NLM, and whose which lock is. */
import type { LockHolder } from '../../filesystem/locks/lock-tables.ts';
import type { ShareHolder } from '../../filesystem/locks/share-tables.ts';
import type { Share } from '../../filesystem/locks/shares.ts';

/** Who locks, as far as a request tells. */
export interface Peer {
  /** The name it gives itself (caller_name). */
  readonly name: string;
  /** IP addresses: its own, and the gateway's as the client knows it. */
  readonly address: string;
  readonly localAddress: string;
}

/** A name alone may be `localhost` many times over; an address alone may be many machines'. */
export function clientKey({ name, address }: Pick<Peer, 'name' | 'address'>): string {
  return `${address} ${name}`;
}

export class NlmClient {
  readonly peer: Peer;
  readonly key: string;
  /** NSM's state number that it last locked with; changes when it restarts. */
  state: number | undefined;
  /** By svid and owner. */
  readonly #holders = new Map<string, NlmHolder>();
  /** By Node.key and owner. */
  readonly shares = new Map<string, NlmShare>();

  constructor(peer: Peer) {
    this.peer = peer;
    this.key = clientKey(peer);
  }

  get holders(): readonly NlmHolder[] {
    return [...this.#holders.values()];
  }

  /** For as long as `use` runs; a holder that has nothing afterwards is forgotten. */
  async withHolder<T>(svid: number, owner: Buffer, use: (holder: NlmHolder) => Promise<T>): Promise<T> {
    const name = `${svid} ${owner.toString('latin1')}`;
    const holder = this.#holders.get(name) ?? new NlmHolder(this, svid, Buffer.from(owner));
    this.#holders.set(name, holder);
    holder.uses++;
    try {
      return await use(holder);
    } finally {
      holder.uses--;
      this.tidy(holder);
    }
  }

  tidy(holder: NlmHolder): void {
    if (holder.uses > 0 || holder.files.size > 0) return;
    const name = `${holder.svid} ${holder.owner.toString('latin1')}`;
    if (this.#holders.get(name) === holder) this.#holders.delete(name);
  }
}

export class NlmHolder implements LockHolder {
  readonly clientid = 0n;
  readonly client: NlmClient;
  readonly svid: number;
  readonly owner: Buffer;
  /** Node.keys of the files in which it holds locks. */
  readonly files = new Set<string>();
  /** Requests that are being worked on, or wait for a lock. */
  uses = 0;

  constructor(client: NlmClient, svid: number, owner: Buffer) {
    this.client = client;
    this.svid = svid;
    this.owner = owner;
  }
}

export class NlmShare implements ShareHolder {
  readonly nodeKey: string;
  readonly address: string;
  share: Share;

  constructor(nodeKey: string, address: string, share: Share) {
    this.nodeKey = nodeKey;
    this.address = address;
    this.share = share;
  }
}
