/** From a stateid on the wire to the state it names. RFC 7530 §9.1.4.4, RFC 8881 §8.2.4. */
import type { StateidValue } from '../codec/basic.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type MinorVersion } from '../operation.ts';
import type { Client, State } from './client.ts';
import type { Identifiers } from './identifiers.ts';
import { classify } from './stateid.ts';

/** Revoked stateids of a 4.0 client that are still answered with EXPIRED; 4.0 has no way to acknowledge them. */
const maxRevoked40 = 256;

/** Clients that are gone and whose stateids are still told from those that never were. */
const maxGone = 1024;

export class Stateids {
  readonly #identifiers: Identifiers;
  readonly #limit: number;
  readonly #letGoSilent: () => boolean;
  readonly #states = new Map<string, State>();
  /** Client.tag of clients that are gone, the last ones. */
  readonly #gone = new Set<number>();

  /**
   * @param limit most stateids of all clients together
   * @param letGoSilent makes room by forgetting a client that has gone silent; false where there is none
   */
  constructor(identifiers: Identifiers, limit: number, letGoSilent: () => boolean) {
    this.#letGoSilent = letGoSilent;
    this.#identifiers = identifiers;
    this.#limit = limit;
  }

  get size(): number {
    return this.#states.size;
  }

  get isFull(): boolean {
    return this.#states.size >= this.#limit;
  }

  /** @throws Nfs4Error DELAY: RESOURCE, which 4.0 has for it, is unknown to 4.1 */
  requireRoom(): void {
    while (this.#states.size >= this.#limit) {
      if (!this.#letGoSilent()) throw new Nfs4Error(Nfs4Status.DELAY, 'too many stateids');
    }
  }

  add(state: State): void {
    this.#states.set(nameOf(state.other), state);
    state.client.states.add(state);
  }

  remove(state: State): void {
    this.#states.delete(nameOf(state.other));
    const { client } = state;
    client.states.delete(state);
    client.revoked.delete(state);
    if (state.type === 'lock') client.closedLocks.delete(state);
  }

  /** The client is gone with all its state. */
  clientGone(client: Client): void {
    this.#gone.add(client.tag);
    for (const oldest of this.#gone) {
      if (this.#gone.size <= maxGone) break;
      this.#gone.delete(oldest);
    }
  }

  /** The state stays to be asked for until its client acknowledges the loss. */
  revoked(state: State): void {
    const { client } = state;
    client.revoked.add(state);
    if (client.generation === '4.1') return;
    client.hasLost = true;
    for (const oldest of client.revoked) {
      if (client.revoked.size <= maxRevoked40) break;
      this.remove(oldest);
    }
  }

  /**
   * The state of an ordinary stateid, whatever has become of it.
   * @param client whose it must be (4.1); undefined in 4.0, where the stateid tells
   * @throws Nfs4Error STALE_STATEID (4.0: of an earlier start), EXPIRED (4.0: of a client that has restarted or was
   *   forgotten), BAD_STATEID
   */
  find(value: StateidValue, client: Client | undefined, minorVersion: MinorVersion): State {
    const state = this.#states.get(nameOf(value.other));
    if (state === undefined) {
      const isSpecial = classify(value, minorVersion) !== 'ordinary';
      if (minorVersion > 0 || isSpecial) throw new Nfs4Error(Nfs4Status.BAD_STATEID);
      if (!this.#identifiers.isOfThisStart(value.other)) throw new Nfs4Error(Nfs4Status.STALE_STATEID);
      const isOfTheGone = this.#gone.has(this.#identifiers.clientTagOf(value.other));
      throw new Nfs4Error(isOfTheGone ? Nfs4Status.EXPIRED : Nfs4Status.BAD_STATEID);
    }
    const own = client === undefined ? state.client.generation === '4.0' : state.client === client;
    if (!own) throw new Nfs4Error(Nfs4Status.BAD_STATEID);
    return state;
  }
}

function nameOf(other: Buffer): string {
  return other.toString('latin1');
}
