import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { hasAttributes } from '../attributes/compare.ts';
import { verifyArguments } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';

/** RFC 8881 §18.15: the COMPOUND goes on where an attribute differs. */
export const nverify: Operation<Decoded<typeof verifyArguments>, undefined> = {
  opcode: Opcode.NVERIFY,
  name: 'NVERIFY',
  minorVersions: [0, 1, 2],
  arguments: verifyArguments,
  result: voidCodec,
  async perform(context, { attributes }) {
    if (await hasAttributes(context, attributes)) throw new Nfs4Error(Nfs4Status.SAME);
  },
};
