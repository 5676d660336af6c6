/**
 * The seqid of an NFSv4.0 open-owner or lock-owner (RFC 7530 §9.1.7): its requests run one after another, and the last
 * one is answered from memory when it comes again.
 */
import { FileSystemError } from '../../filesystem/errors.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error } from '../operation.ts';

type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: Error };

interface Answered {
  readonly seqid: number;
  readonly opcode: number;
  readonly outcome: Outcome;
}

/** Errors that leave the seqid where it was: the request was not one of this owner's (RFC 7530 §9.1.7). */
const withoutEffect: ReadonlySet<number> = new Set([
  Nfs4Status.STALE_CLIENTID,
  Nfs4Status.STALE_STATEID,
  Nfs4Status.BAD_STATEID,
  Nfs4Status.BAD_SEQID,
  Nfs4Status.BADXDR,
  Nfs4Status.RESOURCE,
  Nfs4Status.NOFILEHANDLE,
  Nfs4Status.MOVED,
]);

export class OwnerSequence {
  #last: Answered | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Whether a request of the owner is running or waiting for its turn. */
  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  /** Whether the owner has ever been answered. */
  get isKnown(): boolean {
    return this.#last !== undefined;
  }

  /** Whether this request is the last one again. */
  repeats(seqid: number, opcode: number): boolean {
    return this.#last?.seqid === seqid && this.#last.opcode === opcode;
  }

  /** Forgets the owner's past: its next request may have any seqid. */
  reset(): void {
    this.#last = undefined;
  }

  /**
   * Runs `body` when it is this request's turn and its seqid follows the last one, or gives what the last one gave.
   * @param opcode a repeated request is the same operation
   * @param replays whether the last request may be repeated here
   * @throws Nfs4Error BAD_SEQID, and whatever `body` throws
   */
  run<T>(seqid: number, opcode: number, body: () => Promise<T>, replays = true): Promise<T> {
    this.#waiting++;
    const turn = this.#tail.then(() => this.#perform(seqid, opcode, body, replays));
    this.#tail = turn.then(
      () => this.#waiting--,
      () => this.#waiting--,
    );
    return turn;
  }

  async #perform<T>(seqid: number, opcode: number, body: () => Promise<T>, replays: boolean): Promise<T> {
    const last = this.#last;
    if (last !== undefined) {
      if (replays && this.repeats(seqid, opcode)) {
        if (last.outcome.ok) return last.outcome.value as T;
        throw last.outcome.error;
      }
      if (seqid !== (last.seqid + 1) >>> 0) throw new Nfs4Error(Nfs4Status.BAD_SEQID);
    }
    try {
      const value = await body();
      this.#last = { seqid, opcode, outcome: { ok: true, value } };
      return value;
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      // What is no answer of this protocol ends the RPC with SYSTEM_ERR: the client asks again with the same seqid.
      const answered = error instanceof FileSystemError || error instanceof Nfs4Error;
      if (answered && !(error instanceof Nfs4Error && withoutEffect.has(error.status))) {
        this.#last = { seqid, opcode, outcome: { ok: false, error } };
      }
      throw error;
    }
  }
}
