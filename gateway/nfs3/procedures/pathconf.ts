import { maxName } from '../../filesystem/limits.ts';
import type { Decoded } from '../../rpc/xdr.ts';
import { fileSystemArguments, pathconfOk } from '../codec/file-systems.ts';
import type { Procedure } from '../procedure.ts';
import { attributesAfter } from '../weak-cache.ts';

/** RFC 1813 §3.3.20 */
export const pathconf: Procedure<Decoded<typeof fileSystemArguments>, Decoded<typeof pathconfOk>> = {
  number: 20,
  name: 'PATHCONF',
  arguments: fileSystemArguments,
  result: pathconfOk,
  told: ({ object }) => [{ handle: object, as: 'attributes' }],
  async perform({ fileSystem, resolve }, { object }) {
    return {
      attributes: await attributesAfter(fileSystem, resolve(object)),
      linkMax: 1,
      nameMax: maxName,
      noTruncation: true,
      chownRestricted: true,
      caseInsensitive: false,
      casePreserving: true,
    };
  },
};
