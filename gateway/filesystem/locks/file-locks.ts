/** Everything by which clients keep each other out of files: one for the whole gateway, shared by all protocols. */
import { DelegationTables } from './delegation-tables.ts';
import { LockTables } from './lock-tables.ts';
import { Reclaims } from './reclaims.ts';
import { ShareTables } from './share-tables.ts';

export class FileLocks {
  readonly delegations: DelegationTables;
  readonly ranges = new LockTables();
  readonly shares = new ShareTables();
  readonly reclaims = new Reclaims();

  /** @param delegationPatience how long requests wait for delegations that are recalled, milliseconds */
  constructor(delegationPatience?: number) {
    this.delegations = new DelegationTables(delegationPatience);
  }
}
