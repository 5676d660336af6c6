import { maxFile, maxTransfer } from '../../filesystem/limits.ts';
import type { Decoded } from '../../rpc/xdr.ts';
import { fileSystemArguments, fsinfoOk, FsProperty } from '../codec/file-systems.ts';
import type { Procedure } from '../procedure.ts';
import { attributesAfter } from '../weak-cache.ts';

/** Bytes of a READDIR that answer a usual directory in one go. */
const readdirPreferred = 64 * 1024;

/** RFC 1813 §3.3.19 */
export const fsinfo: Procedure<Decoded<typeof fileSystemArguments>, Decoded<typeof fsinfoOk>> = {
  number: 19,
  name: 'FSINFO',
  arguments: fileSystemArguments,
  result: fsinfoOk,
  told: ({ object }) => [{ handle: object, as: 'attributes' }],
  async perform({ fileSystem, resolve }, { object }) {
    return {
      attributes: await attributesAfter(fileSystem, resolve(object)),
      readMax: maxTransfer,
      readPreferred: maxTransfer,
      readMultiple: 4096,
      writeMax: maxTransfer,
      writePreferred: maxTransfer,
      writeMultiple: 4096,
      readdirPreferred,
      maxFileSize: maxFile,
      timeDelta: 1n,
      properties: FsProperty.SYMLINK | FsProperty.HOMOGENEOUS | FsProperty.CANSETTIME,
    };
  },
};
