/** Arguments and results of the operations on files and names. RFC 7531, RFC 5662; `…ok` is the NFS4_OK arm. */
import type { DeviceNumber } from '../../filesystem/attributes.ts';
import {
  array,
  boolean,
  enumeration,
  list,
  size64,
  struct,
  uint32,
  uint64,
  voidCodec,
  XdrError,
  type Codec,
  type Struct,
} from '../../rpc/xdr.ts';
import {
  bitmap,
  changeInfo,
  component,
  deviceNumber,
  filehandle,
  rawAttributes,
  stateid,
  textBytes,
  verifier,
  type Bitmap,
} from './basic.ts';

/** Of operations without arguments or results. */
export { voidCodec };

export const accessArguments = struct({ access: uint32 });
export const accessOk = struct({ supported: uint32, access: uint32 });

export const commitArguments = struct({ offset: uint64, count: uint32 });
export const commitOk = struct({ verifier });

/** nfs_ftype4 of what CREATE makes; others decode as `other` and are BADTYPE. */
export type CreateType =
  | { readonly type: 'directory' | 'socket' | 'fifo' | 'other' }
  | { readonly type: 'symlink'; readonly target: Buffer }
  | { readonly type: 'block' | 'character'; readonly device: DeviceNumber };

const typeNumbers = { directory: 2, block: 3, character: 4, symlink: 5, socket: 6, fifo: 7, other: 1 } as const;

/** createtype4 */
const createType: Codec<CreateType> = {
  decode(reader) {
    const number = reader.uint32();
    switch (number) {
      case typeNumbers.directory:
        return { type: 'directory' };
      case typeNumbers.block:
        return { type: 'block', device: deviceNumber.decode(reader) };
      case typeNumbers.character:
        return { type: 'character', device: deviceNumber.decode(reader) };
      case typeNumbers.symlink:
        return { type: 'symlink', target: textBytes.decode(reader) };
      case typeNumbers.socket:
        return { type: 'socket' };
      case typeNumbers.fifo:
        return { type: 'fifo' };
      default:
        return { type: 'other' };
    }
  },
  encode(writer, value) {
    writer.uint32(typeNumbers[value.type]);
    if ('target' in value) textBytes.encode(writer, value.target);
    if ('device' in value) deviceNumber.encode(writer, value.device);
  },
};

export const createArguments = struct({ type: createType, name: component, attributes: rawAttributes });
export const createOk = struct({ directory: changeInfo, set: bitmap });

export const getattrArguments = struct({ asked: bitmap });
export const getattrOk = struct({ attributes: rawAttributes });

export const getfhOk = struct({ handle: filehandle });

export const linkArguments = struct({ name: component });
export const linkOk = struct({ directory: changeInfo });

export const lookupArguments = struct({ name: component });

export const putfhArguments = struct({ handle: filehandle });

/** VERIFY and NVERIFY */
export const verifyArguments = struct({ attributes: rawAttributes });

export const readdirArguments = struct({
  cookie: size64,
  verifier,
  /** Bytes of names and cookies; a hint, 0 for none. */
  directoryCount: uint32,
  /** Bytes of the whole READDIR4resok. */
  maxCount: uint32,
  asked: bitmap,
});

const entryFields = { cookie: size64, name: component, attributes: rawAttributes };
/** entry4 */
export type ReaddirEntry = Struct<typeof entryFields>;

/** READDIR4resok; entries are bounded by maxCount, not by their number. */
export const readdirOk = struct({ verifier, entries: list(struct(entryFields), 2 ** 20), eof: boolean });

export const readlinkOk = struct({ target: textBytes });

export const removeArguments = struct({ name: component });
export const removeOk = struct({ directory: changeInfo });

export const renameArguments = struct({ from: component, to: component });
export const renameOk = struct({ source: changeInfo, target: changeInfo });

/** Authentication flavors (RFC 5531 §8.2) that are offered; RPCSEC_GSS would carry data. */
export const flavors = array<number>(
  {
    decode(reader) {
      const flavor = reader.uint32();
      if (flavor === 6) throw new XdrError('RPCSEC_GSS is not offered');
      return flavor;
    },
    encode: (writer, flavor) => writer.uint32(flavor),
  },
  16,
);

export const secinfoArguments = struct({ name: component });

/** secinfo_style4 */
export const SecinfoStyle = { current: 0, parent: 1 } as const;
export const secinfoNoNameArguments = struct({
  style: enumeration('secinfo_style4', Object.values(SecinfoStyle)),
});

export const setattrArguments = struct({ stateid, attributes: rawAttributes });

/** SETATTR4res after its status, in success and in failure alike; undefined: nothing was set. */
export const setattrSet: Codec<Bitmap | undefined> = {
  decode: (reader) => bitmap.decode(reader),
  encode: (writer, set) => bitmap.encode(writer, set ?? 0n),
};
