/** How a client's time with this server begins and ends, whichever minor version it speaks. */
import type { Client } from './client.ts';

export interface ClientLife {
  /** Makes room for one more confirmed one by letting go of a silent one. @throws Nfs4Error DELAY where all are alive */
  requireRoom(): void;
  /** It is confirmed: recorded, on the disk when this resolves. */
  begin(client: Client): Promise<void>;
  /** It is gone with all that it had; nobody finds it any more. */
  end(client: Client): Promise<void>;
}
