/** What clients of one protocol had before a restart and may still come back for. */
export interface ReclaimSource {
  /** Whether somebody may still reclaim locks of the file (Node.key). */
  isHeldBack(nodeKey: string): boolean;
}

/** Files in which somebody may still reclaim locks after a restart, in whatever protocol: others wait for them. */
export class Reclaims {
  readonly #sources = new Set<ReclaimSource>();

  add(source: ReclaimSource): void {
    this.#sources.add(source);
  }

  /** @param own the asking protocol, which knows better whose is whose */
  isHeldBackByOthers(nodeKey: string, own: ReclaimSource): boolean {
    for (const source of this.#sources) if (source !== own && source.isHeldBack(nodeKey)) return true;
    return false;
  }
}
