/** Blocks in memory, those used last; and of each object that is being read, which blocks are on their way. */
import type { ObjectMetadata } from '../store/object-store.ts';
import { digestOf, nameOf, type ObjectSource } from './blocks.ts';

/** What is known of one version while it is being read. */
export class CachedObject {
  readonly name: string;
  /** In memory. */
  readonly blocks = new Map<number, Block>();
  /** Being fetched, or read from the disk. */
  readonly arriving = new Map<number, Promise<Buffer>>();
  /** As the last GET has told them. */
  metadata: ObjectMetadata | undefined;
  #digest: Buffer | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get digest(): Buffer {
    return (this.#digest ??= digestOf(this.name));
  }

  get isIdle(): boolean {
    return this.blocks.size === 0 && this.arriving.size === 0;
  }
}

interface Block {
  readonly object: CachedObject;
  readonly index: number;
  readonly bytes: Buffer;
}

/** How many objects without a block in memory are remembered. */
const maxIdle = 1024;

export class MemoryBlocks {
  readonly #maxBytes: number;
  readonly #objects = new Map<string, CachedObject>();
  /** In the order of their last use. */
  readonly #blocks = new Set<Block>();
  #bytes = 0;
  #idle = 0;

  /** @param maxBytes memory for blocks at rest */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  object(source: ObjectSource): CachedObject {
    const name = nameOf(source);
    let object = this.#objects.get(name);
    if (object === undefined) {
      object = new CachedObject(name);
      this.#objects.set(name, object);
      if (++this.#idle > maxIdle) this.#forgetIdle();
    }
    return object;
  }

  /** As `object`, but undefined where nothing is known of it. */
  known(source: ObjectSource): CachedObject | undefined {
    return this.#objects.get(nameOf(source));
  }

  get(object: CachedObject, index: number): Buffer | undefined {
    const block = object.blocks.get(index);
    if (block === undefined) return undefined;
    this.#blocks.delete(block);
    this.#blocks.add(block);
    return block.bytes;
  }

  add(object: CachedObject, index: number, bytes: Buffer): void {
    const before = object.blocks.get(index);
    if (before !== undefined) this.#remove(before);
    const block = { object, index, bytes };
    object.blocks.set(index, block);
    this.#blocks.add(block);
    this.#bytes += bytes.length;
    for (const oldest of this.#blocks) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#remove(oldest);
    }
  }

  #remove(block: Block): void {
    this.#blocks.delete(block);
    block.object.blocks.delete(block.index);
    this.#bytes -= block.bytes.length;
  }

  /** Looks at every object once for every `maxIdle` new ones. */
  #forgetIdle(): void {
    this.#idle = 0;
    for (const [name, object] of this.#objects) if (object.isIdle) this.#objects.delete(name);
  }
}
