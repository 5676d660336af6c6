import type { Decoded } from '../../rpc/xdr.ts';
import { flavors, secinfoNoNameArguments, SecinfoStyle } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import { requireDirectory } from '../node-type.ts';
import type { Operation } from '../operation.ts';
import { offered } from './secinfo.ts';

/** RFC 8881 §18.45; consumes the current filehandle. */
export const secinfoNoName: Operation<Decoded<typeof secinfoNoNameArguments>, Decoded<typeof flavors>> = {
  opcode: Opcode.SECINFO_NO_NAME,
  name: 'SECINFO_NO_NAME',
  minorVersions: [1, 2],
  arguments: secinfoNoNameArguments,
  result: flavors,
  async perform(context, { style }) {
    const node = context.requireCurrent();
    if (style === SecinfoStyle.parent) {
      await requireDirectory(context.fileSystem, node);
      await context.fileSystem.lookupParent(node, context.caller);
    }
    context.current = undefined;
    return offered;
  },
};
