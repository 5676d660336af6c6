/**
 * POSIX attributes in object metadata, by the conventions that other tools use. Read: AWS's (`file-*`), s3fs's (`mode`,
 * `uid`, …), rclone's `mtime`, GeeseFS's `--symlink-target`, in this order. Written: AWS's and rclone's.
 */
import { formatXattrs, xattrKey } from './xattr-metadata.ts';
import type { InodeRecord, InodeType } from './records.ts';
import type { ObjectMetadata } from '../store/object-store.ts';

const typeBits: Readonly<Record<InodeType, number>> = {
  fifo: 0o010000,
  character: 0o020000,
  directory: 0o040000,
  block: 0o060000,
  file: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
};

const typeOfBits = new Map(Object.entries(typeBits).map(([type, bits]) => [bits, type as InodeType]));

/** Marks which upload wrote an object, so that one whose answer was lost is known again. */
export const writeIdKey = 'windlass-write-id';
/** Size and, where it was at hand, CRC-32 of the bytes that came with the write id: `SIZE` or `SIZE CRC`. */
export const contentKey = 'windlass-content';
const deviceKey = 'file-device';
const geeseSymlinkKey = '--symlink-target';

/** User metadata that stands for attributes; everything else is carried along unchanged. */
const attributeKeys = new Set([
  'file-owner',
  'file-group',
  'file-permissions',
  'file-mtime',
  'file-atime',
  deviceKey,
  'mode',
  'uid',
  'gid',
  'mtime',
  'atime',
  'ctime',
  'permissions',
  'owner',
  'goog-reserved-posix-mode',
  'goog-reserved-file-mtime',
  geeseSymlinkKey,
  writeIdKey,
  contentKey,
]);

export interface PosixMetadata {
  readonly type?: InodeType;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: bigint;
  readonly atime?: bigint;
  readonly device?: { readonly major: number; readonly minor: number };
  /** Where the target is in the metadata; else it is the body. */
  readonly target?: string;
}

/** Attributes found in the metadata; unreadable ones count as absent. */
export function readPosixMetadata(metadata: ObjectMetadata): PosixMetadata {
  const { user } = metadata;
  const stat =
    integer(user['file-permissions'], 8) ??
    integer(user['mode'], 10) ??
    integer(user['permissions'], 8) ??
    integer(user['goog-reserved-posix-mode'], 8);
  const target = user[geeseSymlinkKey];
  const type = target === undefined ? (stat === undefined ? undefined : typeOfBits.get(stat & 0o170000)) : 'symlink';
  const device = /^(\d{1,10}),(\d{1,10})$/.exec(user[deviceKey] ?? '');
  return {
    ...(type === undefined ? {} : { type }),
    ...(stat === undefined ? {} : { mode: stat & 0o7777 }),
    ...present('uid', identity(user['file-owner'] ?? user['uid'] ?? user['owner'])),
    ...present('gid', identity(user['file-group'] ?? user['gid'])),
    ...present(
      'mtime',
      awsTime(user['file-mtime']) ?? seconds(user['mtime'], user) ?? seconds(user['goog-reserved-file-mtime'], user),
    ),
    ...present('atime', awsTime(user['file-atime']) ?? seconds(user['atime'], user)),
    ...(device === null ? {} : { device: { major: Number(device[1]), minor: Number(device[2]) } }),
    ...present('target', target),
  };
}

/** What an upload of the inode carries: its attributes, and everything in `metadata` that is not an attribute. */
export function writePosixMetadata(record: InodeRecord, metadata: ObjectMetadata, writeId: string): ObjectMetadata {
  const isSet = record.xattrs !== undefined;
  const xattrs = formatXattrs(record.xattrs ?? {});
  const carried = Object.fromEntries(
    Object.entries(metadata.user).filter(([key]) => !attributeKeys.has(key) && !(isSet && key === xattrKey)),
  );
  return {
    ...metadata,
    user: {
      ...carried,
      'file-owner': String(record.uid),
      'file-group': String(record.gid),
      'file-permissions': `0${(typeBits[record.type] | record.mode).toString(8).padStart(6, '0')}`,
      'file-mtime': `${record.mtime}ns`,
      'file-atime': `${record.atime}ns`,
      mtime: secondsOf(record.mtime),
      ...(record.device === undefined ? {} : { [deviceKey]: `${record.device.major},${record.device.minor}` }),
      ...(xattrs === undefined ? {} : { [xattrKey]: xattrs }),
      [writeIdKey]: writeId,
      [contentKey]: contentMark(sizeOf(record)),
    },
  };
}

/** What a copy of the object takes along: not what stands for owner, mode, times and extended attributes. */
export function withoutAttributes(metadata: ObjectMetadata): ObjectMetadata {
  const user = Object.entries(metadata.user).filter(([key]) => !attributeKeys.has(key) && key !== xattrKey);
  return { ...metadata, user: Object.fromEntries(user) };
}

/** Bytes of user metadata, names and values, that an upload of the inode carries. */
export function userMetadataSize(record: InodeRecord, metadata: ObjectMetadata): number {
  const written = writePosixMetadata(record, metadata, '00000000-0000-0000-0000-000000000000');
  const user = { ...written.user, [contentKey]: contentMark(sizeOf(record), 0) };
  return Object.entries(user).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
}

/** Bytes of the object. */
function sizeOf({ type, size, target }: InodeRecord): number {
  return type === 'file' ? size : Buffer.byteLength(target ?? '');
}

/** Where other tools rewrite an object they take its metadata along, so a write id alone proves nothing. @param crc of the bytes */
export function contentMark(size: number, crc?: number): string {
  return crc === undefined ? `${size}` : `${size} ${crc.toString(16).padStart(8, '0')}`;
}

/** What the writer of an object says of its bytes; undefined: nothing. */
export function readContentMark(
  metadata: ObjectMetadata,
): { readonly size: number; readonly crc?: number } | undefined {
  const match = /^(\d{1,16})(?: ([0-9a-f]{8}))?$/.exec(metadata.user[contentKey] ?? '');
  if (match?.[1] === undefined) return undefined;
  const crc = match[2] === undefined ? undefined : Number.parseInt(match[2], 16);
  return { size: Number(match[1]), ...(crc === undefined ? {} : { crc }) };
}

/** Whether the metadata say anything of owner, mode or type, so that an export with such objects needs them (`metadata=full`). */
export function hasPosixMetadata(metadata: ObjectMetadata): boolean {
  const { type, mode, uid, gid } = readPosixMetadata(metadata);
  return (type ?? mode ?? uid ?? gid) !== undefined;
}

function present<K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]?: V });
}

function integer(text: string | undefined, base: 8 | 10): number | undefined {
  if (text === undefined || !(base === 8 ? /^[0-7]{1,8}$/ : /^\d{1,8}$/).test(text)) return undefined;
  return Number.parseInt(text, base);
}

function identity(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id < 2 ** 32 ? id : undefined;
}

/** AWS: an integer with the suffix `ns`, or milliseconds without. */
function awsTime(text: string | undefined): bigint | undefined {
  const match = /^(-?\d{1,19})(ns)?$/.exec(text ?? '');
  if (match?.[1] === undefined) return undefined;
  return match[2] === 'ns' ? BigInt(match[1]) : BigInt(match[1]) * 1_000_000n;
}

/** Seconds with a decimal fraction (rclone); where s3fs has left its mode, what follows the point is a number of nanoseconds. */
function seconds(text: string | undefined, user: ObjectMetadata['user']): bigint | undefined {
  const match = /^(-?)(\d{1,11})(?:\.(\d{1,9})\d*)?$/.exec(text ?? '');
  if (match?.[2] === undefined) return undefined;
  const fraction = match[3] ?? '';
  const nanoseconds = user['mode'] === undefined ? fraction.padEnd(9, '0') : fraction;
  const time = BigInt(match[2]) * 1_000_000_000n + BigInt(nanoseconds);
  return match[1] === '-' ? -time : time;
}

/** Always nine digits behind the point, which all that read it take for the same. */
function secondsOf(nanoseconds: bigint): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const whole = size / 1_000_000_000n;
  return `${nanoseconds < 0n ? '-' : ''}${whole}.${String(size % 1_000_000_000n).padStart(9, '0')}`;
}
