/** Compares what a mount showed (guest/manifest.py) with what S3 holds. */
import { z } from 'zod';

const entry = z.object({
  path: z.string(),
  type: z.enum(['file', 'directory', 'symlink', 'fifo', 'socket', 'character', 'block']),
  /** Without the type. */
  permissions: z.int(),
  uid: z.int(),
  gid: z.int(),
  size: z.int(),
  /** Nanoseconds since the epoch. */
  mtime: z.string(),
  sha256: z.string().optional(),
  target: z.string().optional(),
});

export const manifest = z.array(entry);
export type Entry = z.infer<typeof entry>;

export interface StoredObject {
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  /** User metadata, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
}

const typeBits = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  fifo: 0o010000,
  socket: 0o140000,
  character: 0o020000,
  block: 0o060000,
} as const satisfies Record<Entry['type'], number>;

/** Seconds with up to nine decimals, as `mtime` has them, in nanoseconds. */
function nanoseconds(seconds: string | undefined): bigint | undefined {
  const [, whole, fraction = ''] = /^(-?\d+)(?:\.(\d{1,9}))?$/.exec(seconds ?? '') ?? [];
  return whole === undefined ? undefined : BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

function* metadataDifferences(found: Entry, metadata: StoredObject['metadata']): Generator<string> {
  const expected: Record<string, string> = {
    'file-permissions': `0${(typeBits[found.type] | found.permissions).toString(8).padStart(6, '0')}`,
    'file-owner': String(found.uid),
    'file-group': String(found.gid),
    ...(found.type === 'directory' ? {} : { 'file-mtime': `${found.mtime}ns` }),
  };
  for (const [name, value] of Object.entries(expected)) {
    if (metadata[name] !== value) yield `metadata ${name} is ${String(metadata[name])}, not ${value}`;
  }
  if (found.type !== 'directory' && nanoseconds(metadata['mtime']) !== BigInt(found.mtime)) {
    yield `metadata mtime is ${String(metadata['mtime'])}, not ${found.mtime} ns`;
  }
}

function* contentDifferences(found: Entry, object: StoredObject, sha256: (text: string) => string): Generator<string> {
  const expected = {
    file: found.sha256,
    symlink: found.target === undefined ? undefined : sha256(found.target),
    directory: sha256(''),
    fifo: sha256(''),
    socket: sha256(''),
    character: sha256(''),
    block: sha256(''),
  }[found.type];
  if (object.sha256 !== expected) yield `its ${object.size} bytes are not those of the ${found.type} of ${found.size}`;
}

/**
 * What differs, a line each; empty where the mount and S3 agree.
 * @param objects by key
 * @param foreign keys that others have written: without metadata, unless the mount wrote them again
 */
export function differences(
  entries: readonly Entry[],
  objects: ReadonlyMap<string, StoredObject>,
  foreign: ReadonlySet<string>,
  sha256: (text: string) => string,
): readonly string[] {
  const found: string[] = [];
  const known = new Set<string>();
  for (const one of entries) {
    const key = one.type === 'directory' ? `${one.path}/` : one.path;
    known.add(key);
    const object = objects.get(key);
    if (object === undefined) {
      const implied = one.type === 'directory' && [...objects.keys()].some((other) => other.startsWith(key));
      if (!implied) found.push(`${JSON.stringify(key)}: not in S3`);
      continue;
    }
    const bare = foreign.has(key) && object.metadata['file-permissions'] === undefined;
    const wrong = [
      ...contentDifferences(one, object, sha256),
      ...(bare ? [] : metadataDifferences(one, object.metadata)),
    ];
    found.push(...wrong.map((what) => `${JSON.stringify(key)}: ${what}`));
  }
  for (const key of objects.keys()) if (!known.has(key)) found.push(`${JSON.stringify(key)}: only in S3`);
  return found;
}
