import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { readlinkOk } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import { requireSymlink } from '../node-type.ts';
import type { Operation } from '../operation.ts';

/** RFC 8881 §18.24 */
export const readlink: Operation<undefined, Decoded<typeof readlinkOk>> = {
  opcode: Opcode.READLINK,
  name: 'READLINK',
  minorVersions: [0, 1, 2],
  arguments: voidCodec,
  result: readlinkOk,
  async perform(context) {
    const node = context.requireCurrent();
    await requireSymlink(context.fileSystem, node, context.minorVersion);
    return { target: Buffer.from(await context.fileSystem.readLink(node, context.caller), 'utf8') };
  },
};
