import type { Decoded } from '../../rpc/xdr.ts';
import { fileSystemArguments, fsstatOk } from '../codec/file-systems.ts';
import type { Procedure } from '../procedure.ts';
import { attributesAfter } from '../weak-cache.ts';

/** RFC 1813 §3.3.18 */
export const fsstat: Procedure<Decoded<typeof fileSystemArguments>, Decoded<typeof fsstatOk>> = {
  number: 18,
  name: 'FSSTAT',
  arguments: fileSystemArguments,
  result: fsstatOk,
  told: ({ object }) => [{ handle: object, as: 'attributes' }],
  async perform({ fileSystem, resolve }, { object }) {
    const node = resolve(object);
    const { totalBytes, freeBytes, totalFiles, freeFiles } = await fileSystem.status(node);
    return {
      attributes: await attributesAfter(fileSystem, node),
      totalBytes,
      freeBytes,
      availableBytes: freeBytes,
      totalFiles,
      freeFiles,
      availableFiles: freeFiles,
      invariantSeconds: 0,
    };
  },
};
