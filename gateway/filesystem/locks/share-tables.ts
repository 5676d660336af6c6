/** The share reservations of all files, by Node.key. One for the whole gateway: whatever protocol opens, opens here. */
import { conflicts, type Share } from './shares.ts';

/** Who has a file open, and what that denies to others; compared by identity. */
export interface ShareHolder {
  readonly share: Share;
  /** Where a holder's I/O cannot be told from others' of the same client: that client's IP address. */
  readonly address?: string;
}

/** Takes an open away whose holder has gone silent. @returns whether it has */
export type ShareEviction = (holder: ShareHolder) => Promise<boolean>;

export class ShareTables {
  readonly #files = new Map<string, Set<ShareHolder>>();
  readonly #evictions: ShareEviction[] = [];

  /** The caller has asked `conflict`. */
  add(nodeKey: string, holder: ShareHolder): void {
    const holders = this.#files.get(nodeKey) ?? new Set();
    this.#files.set(nodeKey, holders.add(holder));
  }

  remove(nodeKey: string, holder: ShareHolder): void {
    const holders = this.#files.get(nodeKey);
    holders?.delete(holder);
    if (holders?.size === 0) this.#files.delete(nodeKey);
  }

  /** Who has the file open. */
  holders(nodeKey: string): Iterable<ShareHolder> {
    return this.#files.get(nodeKey) ?? [];
  }

  /**
   * Somebody whose reservation does not go together with this one.
   * @param address of a client whose own reservations do not count; undefined: all do
   */
  conflict(nodeKey: string, share: Share, address?: string): ShareHolder | undefined {
    for (const holder of this.holders(nodeKey)) {
      const isOwn = address !== undefined && holder.address === address;
      if (!isOwn && conflicts(holder.share, share)) return holder;
    }
    return undefined;
  }

  /** A protocol that lets silent clients keep their opens until somebody else wants the file. */
  evictBy(eviction: ShareEviction): void {
    this.#evictions.push(eviction);
  }

  /**
   * As `conflict`, once silent holders have given way. After the await others may have come: ask `conflict` again.
   * @param isOwn holders that do not give way to this caller
   * @param address as `conflict`
   */
  async contention(
    nodeKey: string,
    share: Share,
    isOwn: (holder: ShareHolder) => boolean = () => false,
    address?: string,
  ): Promise<ShareHolder | undefined> {
    for (;;) {
      const inTheWay = this.conflict(nodeKey, share, address);
      if (inTheWay === undefined || isOwn(inTheWay) || !(await this.#evict(inTheWay))) return inTheWay;
    }
  }

  async #evict(holder: ShareHolder): Promise<boolean> {
    for (const eviction of this.#evictions) if (await eviction(holder)) return true;
    return false;
  }
}
