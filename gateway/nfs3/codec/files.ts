/** Arguments and results of the procedures on files and attributes; `…ok` is …resok. RFC 1813 §3.3. */
import type { Nanoseconds } from '../../filesystem/attributes.ts';
import { gathered } from '../../rpc/gathered.ts';
import { boolean, enumeration, opaque, optional, size64, struct, uint32 } from '../../rpc/xdr.ts';
import {
  attributeChanges,
  attributes,
  filehandle,
  postOpAttributes,
  textBytes,
  time,
  verifier,
  weakCacheConsistency,
} from './basic.ts';

export const getattrArguments = struct({ object: filehandle });
export const getattrOk = struct({ attributes });

/** sattrguard3: the ctime that the object must have */
const guard = optional<Nanoseconds>(time);
export const setattrArguments = struct({ object: filehandle, changes: attributeChanges, guard });
export const setattrOk = struct({ weakCacheConsistency });

export const accessArguments = struct({ object: filehandle, access: uint32 });
export const accessOk = struct({ attributes: postOpAttributes, access: uint32 });

export const readlinkArguments = struct({ symlink: filehandle });
export const readlinkOk = struct({ attributes: postOpAttributes, target: textBytes });

export const readArguments = struct({ file: filehandle, offset: size64, count: uint32 });
export const readOk = struct({ attributes: postOpAttributes, count: uint32, eof: boolean, data: gathered });

/** stable_how */
export const StableHow = { UNSTABLE: 0, DATA_SYNC: 1, FILE_SYNC: 2 } as const;
const stableHow = enumeration('stable_how', Object.values(StableHow));

/** The data are as long as the record allows. */
export const writeArguments = struct({
  file: filehandle,
  offset: size64,
  count: uint32,
  stable: stableHow,
  data: opaque(0xffff_ffff),
});
export const writeOk = struct({ weakCacheConsistency, count: uint32, committed: stableHow, verifier });

export const commitArguments = struct({ file: filehandle, offset: size64, count: uint32 });
export const commitOk = struct({ weakCacheConsistency, verifier });
