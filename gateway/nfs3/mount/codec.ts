/** The MOUNT protocol's types. RFC 1813 §5. */
import { array, list, opaque, string, struct, uint32, union, voidCodec } from '../../rpc/xdr.ts';
import { filehandleSize } from '../codec/basic.ts';

/** MNTPATHLEN, MNTNAMLEN, bytes. */
const maxPath = 1024;
const maxName = 255;

/** dirpath: bytes that are not known to be UTF-8. */
export const directoryPath = opaque(maxPath);

/** mountstat3 */
export const MountStatus = {
  OK: 0,
  PERM: 1,
  NOENT: 2,
  IO: 5,
  ACCES: 13,
  NOTDIR: 20,
  INVAL: 22,
  NAMETOOLONG: 63,
  NOTSUPP: 10004,
  SERVERFAULT: 10006,
} as const;
export type MountStatus = (typeof MountStatus)[keyof typeof MountStatus];

/** mountres3 */
export const mountResult = union(
  'status',
  { [MountStatus.OK]: struct({ handle: opaque(filehandleSize), flavors: array(uint32, 16) }) },
  voidCodec,
);

/** More than lists are ever long. */
const mostEntries = 2 ** 20;

/** mountlist */
export const mountList = list(struct({ hostname: string(maxName), directory: directoryPath }), mostEntries);

/** exports; no groups: everybody whom the gateway's addresses admit. */
export const exportList = list(
  struct({ directory: directoryPath, groups: list(string(maxName), mostEntries) }),
  mostEntries,
);
