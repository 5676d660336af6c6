/** What one connection may take up, so that no client can fill the memory. */
export interface ConnectionLimits {
  /** The largest record, bytes. */
  readonly maxRecord: number;
  /** Requests that are being worked on; above it nothing more is read. */
  readonly maxOutstanding: number;
  /** Bytes of the records of these requests; the last one that is begun may exceed it. */
  readonly maxOutstandingBytes: number;
  /** Bytes of replies that the other side has not taken; above it no more is begun. */
  readonly maxUnsent: number;
  /** Milliseconds that a record may take to arrive from its first byte to its last. */
  readonly recordTimeout: number;
  /** Milliseconds after which replies of which nothing is taken are given up, with their connection. */
  readonly sendTimeout: number;
  /** Milliseconds until a call of ours is given up. */
  readonly callTimeout: number;
}

export const defaultConnectionLimits: ConnectionLimits = {
  maxRecord: 1024 * 1024 + 256 * 1024,
  maxOutstanding: 128,
  maxOutstandingBytes: 32 * 1024 * 1024,
  maxUnsent: 16 * 1024 * 1024,
  recordTimeout: 60_000,
  sendTimeout: 300_000,
  callTimeout: 10_000,
};
