/**
 * Weak cache consistency (RFC 1813 §2.6): what a client compares to see whether somebody else has changed an object too.
 * Attributes from before an operation are told only where they are those of the moment just before it.
 */
import type { Attributes } from '../filesystem/attributes.ts';
import type { ChangeInfo, FileSystem, Node } from '../filesystem/file-system.ts';
import type { WeakCacheConsistency, WireAttributes } from './codec/basic.ts';

/** post_op_attr: undefined where they cannot be told now. */
export async function attributesAfter(fileSystem: FileSystem, node: Node): Promise<Attributes | undefined> {
  const known = fileSystem.known(node);
  if (known !== undefined) return known;
  try {
    return await fileSystem.attributes(node);
  } catch {
    return undefined;
  }
}

/** What a failed call still tells of an object. */
export async function attributesOfHandle(
  fileSystem: FileSystem,
  resolve: () => Node,
): Promise<WireAttributes | undefined> {
  let node: Node;
  try {
    node = resolve();
  } catch {
    return undefined;
  }
  return attributesAfter(fileSystem, node);
}

/** Looks at a node before an operation, and compares afterwards. */
export class Watch {
  readonly #fileSystem: FileSystem;
  readonly #node: Node;
  readonly #before: Attributes | undefined;

  constructor(fileSystem: FileSystem, node: Node) {
    this.#fileSystem = fileSystem;
    this.#node = node;
    this.#before = fileSystem.known(node);
  }

  /** @param change what the operation says to have changed; undefined: nothing */
  async after(change?: ChangeInfo): Promise<WeakCacheConsistency> {
    const before = this.#before;
    const after = await attributesAfter(this.#fileSystem, this.#node);
    const expected = change ?? (before && { before: before.change, after: before.change });
    const isAtomic = before?.change === expected?.before && after?.change === expected?.after;
    return { before: isAtomic ? before : undefined, after };
  }
}
