/** Who has mounted what, as far as clients say so: for DUMP alone, nothing depends on it. */
export interface MountEntry {
  readonly hostname: string;
  readonly directory: Buffer;
}

/** The oldest are forgotten. */
const mostEntries = 1000;

export class MountList {
  readonly #entries = new Map<string, MountEntry>();

  add(entry: MountEntry): void {
    const key = keyOf(entry);
    this.#entries.delete(key);
    this.#entries.set(key, { hostname: entry.hostname, directory: Buffer.from(entry.directory) });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= mostEntries) break;
      this.#entries.delete(oldest);
    }
  }

  remove(entry: MountEntry): void {
    this.#entries.delete(keyOf(entry));
  }

  removeAll(hostname: string): void {
    for (const [key, entry] of this.#entries) if (entry.hostname === hostname) this.#entries.delete(key);
  }

  all(): readonly MountEntry[] {
    return [...this.#entries.values()];
  }
}

function keyOf({ hostname, directory }: MountEntry): string {
  return `${hostname} ${directory.toString('latin1')}`;
}
