import type { Nfs3Status } from './codec/status.ts';

/** Ends the call with this status. */
export class Nfs3Error extends Error {
  override readonly name = 'Nfs3Error';
  readonly status: Nfs3Status;

  constructor(status: Nfs3Status, message = '') {
    super(message);
    this.status = status;
  }
}
