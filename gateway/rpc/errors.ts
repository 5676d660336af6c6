/** Why a call of ours has no results. */
import type { Refusal } from './reply.ts';

/** The other side has answered that it does not perform the call. */
export class CallRefusedError extends Error {
  override readonly name = 'CallRefusedError';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`the call was refused: ${Object.values(refusal).join(' ')}`);
    this.refusal = refusal;
  }
}

/** What the other side has answered is no RPC reply. */
export class BadReplyError extends Error {
  override readonly name = 'BadReplyError';

  constructor() {
    super('the reply cannot be read');
  }
}

export class CallTimeoutError extends Error {
  override readonly name = 'CallTimeoutError';

  /** @param timeout milliseconds */
  constructor(timeout: number) {
    super(`no answer within ${timeout} ms`);
  }
}

export class ConnectionClosedError extends Error {
  override readonly name = 'ConnectionClosedError';

  constructor() {
    super('the connection is closed');
  }
}
