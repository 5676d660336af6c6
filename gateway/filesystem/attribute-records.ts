/** Between inode records and the attributes that clients see and set. Pure, but for the clock. */
import type { Fileid, InodeRecord } from '../staging/records.ts';
import type { AttributeChanges, Attributes, SetTime } from './attributes.ts';
import type { Caller } from './caller.ts';
import { FileSystemError } from './errors.ts';
import type { Export } from './exports.ts';
import { isMember, mayWrite } from './permissions.ts';

const setuid = 0o4000;
const setgid = 0o2000;

export function attributesOf(of: Export, fileid: Fileid, record: InodeRecord): Attributes {
  const { type, mode, uid, gid, size, atime, mtime, ctime, change } = record;
  const isDirectory = type === 'directory';
  return {
    fsid: { major: of.fsidMajor, minor: BigInt(of.grant.id) },
    fileid,
    mountedOnFileid: fileid,
    type,
    mode,
    // One for directories means that nobody counts subdirectories by it.
    links: record.parent === 0 ? 0 : 1,
    uid,
    gid,
    size,
    used: isDirectory ? size : Math.ceil(size / 512) * 512,
    device: record.device ?? { major: 0, minor: 0 },
    change: BigInt(change),
    atime,
    mtime,
    ctime,
  };
}

/** Nanoseconds since the epoch; the clock has milliseconds. */
function timeOf(time: SetTime | undefined, now: bigint): bigint {
  return time === undefined || time === 'now' ? now : time;
}

/** The record of a new inode. The group is the directory's where that has its setgid bit, as on Linux. */
export function initialFields(
  of: Export,
  directory: InodeRecord,
  caller: Caller,
  attributes: AttributeChanges,
  type: InodeRecord['type'],
): Omit<InodeRecord, 'parent' | 'name' | 'replaces' | 'localOnly' | 'size'> {
  const now = BigInt(Date.now()) * 1_000_000n;
  const inherits = (directory.mode & setgid) !== 0;
  const isDirectory = type === 'directory';
  const { configuration } = of;
  const mode = (attributes.mode ?? (isDirectory ? configuration.directoryMode : configuration.fileMode)) & 0o7777;
  return {
    type,
    export: of.id,
    mode: inherits && isDirectory ? mode | setgid : mode,
    uid: caller.uid === 0 ? (attributes.uid ?? caller.uid) : caller.uid,
    gid: caller.uid === 0 && attributes.gid !== undefined ? attributes.gid : inherits ? directory.gid : caller.gid,
    atime: timeOf(attributes.atime, now),
    mtime: timeOf(attributes.mtime, now),
    ctime: now,
    change: Date.now() * 1000,
    described: true,
  };
}

/**
 * What SETATTR changes beside the size, after the checks of POSIX; undefined: nothing.
 *
 * @param isOpen the size is set under an open for writing, whose access suffices
 * @throws FileSystemError PERM, ACCESS
 */
export function changedFields(
  record: InodeRecord,
  changes: AttributeChanges,
  caller: Caller,
  isOpen: boolean,
): Partial<InodeRecord> | undefined {
  const isOwner = caller.uid === 0 || caller.uid === record.uid;
  const { mode, uid, gid, size, atime, mtime } = changes;
  if (mode !== undefined && !isOwner) throw new FileSystemError('PERM');
  if (uid !== undefined && uid !== record.uid && caller.uid !== 0) throw new FileSystemError('PERM');
  if (gid !== undefined && gid !== record.gid && caller.uid !== 0 && !(isOwner && isMember(caller, gid)))
    throw new FileSystemError('PERM');
  if (size !== undefined && !isOpen && !isOwner && !mayWrite(record, caller)) throw new FileSystemError('ACCESS');
  const explicit = (atime !== undefined && atime !== 'now') || (mtime !== undefined && mtime !== 'now');
  if (explicit && !isOwner) throw new FileSystemError('PERM');
  if ((atime ?? mtime) !== undefined && !isOwner && !mayWrite(record, caller)) throw new FileSystemError('ACCESS');
  if ((mode ?? uid ?? gid ?? atime ?? mtime) === undefined) return undefined;
  const now = BigInt(Date.now()) * 1_000_000n;
  const loses =
    (uid !== undefined || gid !== undefined) && mode === undefined && caller.uid !== 0 && record.type === 'file';
  let bits = mode === undefined ? record.mode : mode & 0o7777;
  if (loses) bits &= ~(setuid | setgid);
  // Only members of the group may mark a file with it.
  if (mode !== undefined && caller.uid !== 0 && record.type === 'file' && !isMember(caller, gid ?? record.gid))
    bits &= ~setgid;
  return {
    mode: bits,
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(atime === undefined ? {} : { atime: timeOf(atime, now) }),
    ...(mtime === undefined ? {} : { mtime: timeOf(mtime, now) }),
    ctime: now,
  };
}
