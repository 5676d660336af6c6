/** POSIX permission checks. Pure. */
import type { InodeRecord } from '../staging/records.ts';
import type { Caller } from './caller.ts';
import { Access } from './file-system.ts';

export interface Subject {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const read = 4;
const write = 2;
const execute = 1;

/** The rwx bits that apply to the caller; root has all, execute only where somebody has it or it is a directory. */
function bits(subject: Subject, isDirectory: boolean, caller: Caller): number {
  if (caller.uid === 0) return isDirectory || (subject.mode & 0o111) !== 0 ? read | write | execute : read | write;
  if (caller.uid === subject.uid) return (subject.mode >> 6) & 7;
  if (isMember(caller, subject.gid)) return (subject.mode >> 3) & 7;
  return subject.mode & 7;
}

export function isMember(caller: Caller, gid: number): boolean {
  return caller.gid === gid || caller.gids.includes(gid);
}

export function mayRead(record: InodeRecord, caller: Caller): boolean {
  return (bits(record, record.type === 'directory', caller) & read) !== 0;
}

export function mayWrite(record: InodeRecord, caller: Caller): boolean {
  return (bits(record, record.type === 'directory', caller) & write) !== 0;
}

/** Execute a file, or look names up in a directory. */
export function mayExecute(record: InodeRecord, caller: Caller): boolean {
  return (bits(record, record.type === 'directory', caller) & execute) !== 0;
}

/** Which of the ACCESS bits the caller has. RFC 8881 §18.1.3. */
export function accessBits(record: Pick<InodeRecord, 'type'> & Subject, caller: Caller, readOnly: boolean): number {
  const isDirectory = record.type === 'directory';
  const granted = bits(record, isDirectory, caller);
  let access = 0;
  if (granted & read) access |= Access.read;
  if (granted & execute) access |= isDirectory ? Access.lookup : Access.execute;
  if (granted & write && !readOnly) {
    access |= Access.modify | Access.extend;
    if (isDirectory && granted & execute) access |= Access.delete;
  }
  return access;
}

/** Which of the ACCESS bits of extended attributes the caller has: those of reading and writing. RFC 8276 §8.5. */
export function xattrAccessBits(record: InodeRecord, caller: Caller, readOnly: boolean): number {
  const read = mayRead(record, caller) ? Access.readXattr | Access.listXattrs : 0;
  return read | (mayWrite(record, caller) && !readOnly ? Access.writeXattr : 0);
}

/** Whether the sticky bit of a directory keeps the caller from removing or renaming this entry of it. */
export function isKeptBySticky(directory: InodeRecord, entry: InodeRecord, caller: Caller): boolean {
  return (
    (directory.mode & 0o1000) !== 0 && caller.uid !== 0 && caller.uid !== entry.uid && caller.uid !== directory.uid
  );
}
