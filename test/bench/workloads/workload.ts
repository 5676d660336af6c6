import { createHash } from 'node:crypto';

/** Bytes described rather than held: `repeat` over and over, cut at `bytes`, as `yes TEXT | head -c BYTES` writes it. */
export interface Content {
  readonly repeat: string;
  readonly bytes: number;
  /** Written over the rest. */
  readonly patch?: { readonly offset: number; readonly text: string };
}

/** What POSIX attributes an object's metadata must tell afterwards, in any convention. */
export interface ExpectedAttributes {
  /** Whole seconds since the epoch. */
  readonly mtime: number;
  /** Permission bits. */
  readonly mode: number;
}

/** Something that people do in a mounted directory, and how many S3 requests it may cost. */
export interface Workload {
  /** For --only and bucket names. */
  readonly name: string;
  readonly title: string;
  /** At most so many requests, counted as `counting.ts` says; undefined: no target is set, it is only compared. */
  readonly targetRequests?: number;
  /** At most so many bytes through the proxy, both directions together; undefined: not looked at. */
  readonly maximumBytes?: number;
  /** In the bucket before the mount, by key. Keys that end in `/` are directory markers. */
  readonly before: Readonly<Record<string, Content>>;
  /** Shell with `$DIRECTORY`, run in an earlier mount, whose caches and state are kept: what was done yesterday. */
  readonly earlier?: string;
  /** Shell run before the counting begins, with `$SCRATCH`, an empty local folder. */
  readonly setUp?: string;
  /** Shell (`sh -eu`) with `$DIRECTORY`, the mounted `work/`, and `$SCRATCH`. */
  readonly script: string;
  /** What the script must print, without white space at the end. */
  readonly output?: () => string;
  /** All objects of the bucket afterwards, markers left out. */
  readonly after: Readonly<Record<string, Content>>;
  /** Objects whose keys begin so are not looked at afterwards: what a program keeps for itself. */
  readonly unchecked?: string;
  readonly attributes?: Readonly<Record<string, ExpectedAttributes>>;
}

export function bytesOf({ repeat, bytes, patch }: Content): Buffer {
  const buffer = Buffer.alloc(bytes, repeat);
  if (patch !== undefined) buffer.write(patch.text, patch.offset);
  return buffer;
}

export function md5Of(contents: readonly Content[]): string {
  const hash = createHash('md5');
  for (const content of contents) hash.update(bytesOf(content));
  return hash.digest('hex');
}
