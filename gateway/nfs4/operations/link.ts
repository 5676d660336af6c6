import type { Decoded } from '../../rpc/xdr.ts';
import { linkArguments, linkOk } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { entryName } from '../names.ts';
import { Nfs4Error, type Operation } from '../operation.ts';

/** RFC 8881 §18.9. One object is one file, so there is nothing that a second name could refer to: always refused. */
export const link: Operation<Decoded<typeof linkArguments>, Decoded<typeof linkOk>> = {
  opcode: Opcode.LINK,
  name: 'LINK',
  minorVersions: [0, 1, 2],
  arguments: linkArguments,
  result: linkOk,
  async perform(context, { name }) {
    const { fileSystem } = context;
    const [file, directory] = [context.requireSaved(), context.requireCurrent()];
    entryName(name);
    if (!directory.isDirectory) throw new Nfs4Error(Nfs4Status.NOTDIR);
    if (file.isDirectory) throw new Nfs4Error(Nfs4Status.ISDIR);
    const [from, to] = await Promise.all([fileSystem.attributes(file), fileSystem.attributes(directory)]);
    const sameExport = from.fsid.major === to.fsid.major && from.fsid.minor === to.fsid.minor;
    throw new Nfs4Error(sameExport ? Nfs4Status.NOTSUPP : Nfs4Status.XDEV, 'no hard links');
  },
};
