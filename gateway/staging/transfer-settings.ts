/** How uploads are to go on, as the user has set it; kept over restarts. */
import type { Database, Table } from '../database/database.ts';

interface Settings {
  readonly paused: boolean;
  /** Bytes per second for all uploads together; undefined: unbounded. */
  readonly bandwidth?: number;
}

export class TransferSettings implements Settings {
  readonly #database: Database;
  readonly #table: Table<Settings>;

  constructor(database: Database) {
    this.#database = database;
    this.#table = database.table('transfer settings');
  }

  get paused(): boolean {
    return this.#table.get(['uploads'])?.paused ?? false;
  }

  get bandwidth(): number | undefined {
    return this.#table.get(['uploads'])?.bandwidth;
  }

  /** Resolves when it is on the disk. @throws DatabaseError */
  async set(fields: { readonly paused?: boolean; readonly bandwidth?: number | undefined }): Promise<void> {
    const { paused, bandwidth } = { paused: this.paused, bandwidth: this.bandwidth, ...fields };
    this.#database.transact(() =>
      this.#table.put(['uploads'], { paused, ...(bandwidth === undefined ? {} : { bandwidth }) }),
    );
    await this.#database.durable();
  }
}
