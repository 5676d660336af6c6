/** Calls that wait for their replies, which come in any order. */
import { BadReplyError, CallRefusedError, CallTimeoutError, ConnectionClosedError } from './errors.ts';
import type { Reply } from './reply.ts';
import type { XdrReader } from './xdr.ts';

interface Waiting {
  readonly resolve: (results: XdrReader) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class OutgoingCalls {
  readonly #waiting = new Map<number, Waiting>();
  #lastXid: number;

  /** @param firstXid unlike what an earlier connection to the same server began with */
  constructor(firstXid: number) {
    this.#lastXid = firstXid - 1;
  }

  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** None that a call waits for. */
  nextXid(): number {
    do {
      this.#lastXid = (this.#lastXid + 1) >>> 0;
    } while (this.#waiting.has(this.#lastXid));
    return this.#lastXid;
  }

  /**
   * Rejects with CallRefusedError, BadReplyError, CallTimeoutError or ConnectionClosedError.
   * @param timeout milliseconds
   */
  wait(xid: number, timeout: number): Promise<XdrReader> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(xid);
        reject(new CallTimeoutError(timeout));
      }, timeout);
      this.#waiting.set(xid, { resolve, reject, timer });
    });
  }

  /** A reply that nobody waits for (any more) is left alone. @param reply undefined: it could not be read */
  settle(xid: number, reply: Reply | undefined): void {
    const waiting = this.#waiting.get(xid);
    if (waiting === undefined) return;
    this.#waiting.delete(xid);
    clearTimeout(waiting.timer);
    if (reply === undefined) waiting.reject(new BadReplyError());
    else if (reply.status === 'success') waiting.resolve(reply.results);
    else waiting.reject(new CallRefusedError(reply));
  }

  /** The connection is gone, and with it every reply. */
  close(): void {
    for (const { timer, reject } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new ConnectionClosedError());
    }
    this.#waiting.clear();
  }
}
