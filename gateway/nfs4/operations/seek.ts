import type { Decoded } from '../../rpc/xdr.ts';
import { DataContent, seekArguments, seekResult } from '../codec/holes.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';
import { requireFile } from './regular-file.ts';

/** RFC 7862 §15.11. The file ends in a hole, so that only data may be missing: then the end of the file is told. */
export const seek: Operation<Decoded<typeof seekArguments>, Decoded<typeof seekResult>> = {
  opcode: Opcode.SEEK,
  name: 'SEEK',
  minorVersions: [2],
  arguments: seekArguments,
  result: seekResult,
  async perform(context, { stateid, offset, what }) {
    const node = context.requireCurrent();
    requireFile(node);
    if (what !== DataContent.DATA && what !== DataContent.HOLE)
      throw new Nfs4Error(Nfs4Status.UNION_NOTSUPP, `${what} is no data_content4`);
    const open = await context.state.openFor(stateid, node, context, 'read');
    const kind = what === DataContent.DATA ? 'data' : 'hole';
    const found = await context.fileSystem.seek({ node, open }, offset, kind, context.caller);
    return { eof: found.isEnd, offset: found.offset };
  },
};
