/** FSSTAT, FSINFO and PATHCONF. RFC 1813 §3.3.18 to §3.3.20. */
import { boolean, size64, struct, uint32 } from '../../rpc/xdr.ts';
import { filehandle, postOpAttributes, time } from './basic.ts';

/** Of all three. */
export const fileSystemArguments = struct({ object: filehandle });

export const fsstatOk = struct({
  attributes: postOpAttributes,
  totalBytes: size64,
  freeBytes: size64,
  availableBytes: size64,
  totalFiles: size64,
  freeFiles: size64,
  availableFiles: size64,
  /** Seconds for which all this is not expected to change. */
  invariantSeconds: uint32,
});

/** FSF3_… */
export const FsProperty = { LINK: 0x1, SYMLINK: 0x2, HOMOGENEOUS: 0x8, CANSETTIME: 0x10 } as const;

export const fsinfoOk = struct({
  attributes: postOpAttributes,
  readMax: uint32,
  readPreferred: uint32,
  readMultiple: uint32,
  writeMax: uint32,
  writePreferred: uint32,
  writeMultiple: uint32,
  readdirPreferred: uint32,
  maxFileSize: size64,
  timeDelta: time,
  properties: uint32,
});

export const pathconfOk = struct({
  attributes: postOpAttributes,
  linkMax: uint32,
  nameMax: uint32,
  noTruncation: boolean,
  chownRestricted: boolean,
  caseInsensitive: boolean,
  casePreserving: boolean,
});
