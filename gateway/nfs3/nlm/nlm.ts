/** Locks for NFSv3, put together: the lock manager, the status monitor, and what outlives a restart. */
import type { Database } from '../../database/database.ts';
import type { FileSystem } from '../../filesystem/file-system.ts';
import type { FileLocks } from '../../filesystem/locks/file-locks.ts';
import type { Log } from '../../log.ts';
import type { RpcProgram } from '../../rpc/program.ts';
import { NsmProgram } from '../nsm/program.ts';
import { ClientCalls, type ClientCallsSettings } from './client-calls.ts';
import type { Peer } from './clients.ts';
import { LockManager } from './lock-manager.ts';
import { NlmProgram } from './program.ts';
import { NlmRecovery } from './recovery.ts';

export interface NlmSettings extends ClientCallsSettings {
  readonly database: Database;
  readonly fileSystem: FileSystem;
  readonly locks: FileLocks;
  /** How long clients get to reclaim after a restart, seconds. */
  readonly graceSeconds: number;
  readonly clock: () => number;
  readonly log: Log;
}

/** Milliseconds between attempts to tell a client of the restart. */
const notifyAgain = 2000;

export class Nlm {
  /** NLM and NSM. */
  readonly programs: readonly RpcProgram[];
  readonly #recovery: NlmRecovery;
  readonly #manager: LockManager;
  readonly #calls: ClientCalls;
  readonly #log: Log;
  readonly #state: number;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor({ database, fileSystem, locks, graceSeconds, clock, log, ...calling }: NlmSettings) {
    this.#log = log;
    this.#state = nextState(database);
    this.#recovery = new NlmRecovery({ database, log, clock, graceMilliseconds: graceSeconds * 1000 });
    this.#calls = new ClientCalls(calling);
    const calls = this.#calls;
    this.#manager = new LockManager({ locks, recovery: this.#recovery, grant: (request) => calls.grant(request) });
    const manager = this.#manager;
    this.programs = [
      new NlmProgram({ fileSystem, manager, calls, log }),
      new NsmProgram({
        state: this.#state,
        onRestart: ({ name, address, state }) =>
          manager.freeAll((peer) => peer.address === address && isSameHost(peer.name, name), state),
      }),
    ];
  }

  /** Tells clients that had locks that they may reclaim them. */
  start(): void {
    for (const peer of this.#recovery.start()) void this.#notify(peer);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#manager.stop();
  }

  /** Until it has heard, or the grace period is over. */
  async #notify(peer: Peer): Promise<void> {
    try {
      await this.#calls.notify(peer, this.#state);
    } catch (error) {
      if (!this.#recovery.inGrace) {
        this.#log.warn({ address: peer.address, error }, 'An NFSv3 client could not be told that its locks are gone.');
        return;
      }
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        void this.#notify(peer);
      }, notifyAgain);
      this.#timers.add(timer.unref());
    }
  }
}

/** One of the names may be qualified by its domain. */
function isSameHost(a: string, b: string): boolean {
  return a === b || a.split('.')[0] === b || a === b.split('.')[0];
}

/** NSM's state number: odd while the host is up, and other than before. */
function nextState(database: Database): number {
  const table = database.table<number>('nsm');
  const state = (((table.get(['state']) ?? -1) + 2) % 0x7fff_fffe) | 1;
  database.transact(() => table.put(['state'], state));
  return state;
}
