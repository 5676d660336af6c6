/** nfsstat3. RFC 1813 §2.6. */
export const Nfs3Status = {
  OK: 0,
  PERM: 1,
  NOENT: 2,
  IO: 5,
  NXIO: 6,
  ACCES: 13,
  EXIST: 17,
  XDEV: 18,
  NODEV: 19,
  NOTDIR: 20,
  ISDIR: 21,
  INVAL: 22,
  FBIG: 27,
  NOSPC: 28,
  ROFS: 30,
  MLINK: 31,
  NAMETOOLONG: 63,
  NOTEMPTY: 66,
  DQUOT: 69,
  STALE: 70,
  REMOTE: 71,
  BADHANDLE: 10001,
  NOT_SYNC: 10002,
  BAD_COOKIE: 10003,
  NOTSUPP: 10004,
  TOOSMALL: 10005,
  SERVERFAULT: 10006,
  BADTYPE: 10007,
  JUKEBOX: 10008,
} as const;

export type Nfs3Status = (typeof Nfs3Status)[keyof typeof Nfs3Status];

const names: ReadonlyMap<number, string> = new Map(Object.entries(Nfs3Status).map(([name, value]) => [value, name]));

/** `NOENT` for 2; the number itself where there is no such status. For logs and messages. */
export function statusName(status: number): string {
  return names.get(status) ?? String(status);
}
