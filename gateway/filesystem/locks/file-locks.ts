/** Everything by which clients keep each other out of files: one for the whole gateway, shared by all protocols. */
import { LockTables } from './lock-tables.ts';
import { Reclaims } from './reclaims.ts';
import { ShareTables } from './share-tables.ts';

export class FileLocks {
  readonly ranges = new LockTables();
  readonly shares = new ShareTables();
  readonly reclaims = new Reclaims();
}
