import type { XattrHow } from '../../filesystem/file-system.ts';
import type { Decoded } from '../../rpc/xdr.ts';
import { text } from '../codec/basic.ts';
import { setXattrArguments, SetXattrOption, xattrChanged } from '../codec/extended-attributes.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';

/** RFC 8276 §8.4.2. */
export const setxattr: Operation<Decoded<typeof setXattrArguments>, Decoded<typeof xattrChanged>> = {
  opcode: Opcode.SETXATTR,
  name: 'SETXATTR',
  minorVersions: [2],
  arguments: setXattrArguments,
  result: xattrChanged,
  async perform(context, { option, name, value }) {
    const node = context.requireCurrent();
    const how = howOf(option);
    return { change: await context.fileSystem.setXattr(node, text(name), value, how, context.operationContext()) };
  },
};

function howOf(option: number): XattrHow {
  switch (option) {
    case SetXattrOption.EITHER:
      return 'either';
    case SetXattrOption.CREATE:
      return 'create';
    case SetXattrOption.REPLACE:
      return 'replace';
    default:
      throw new Nfs4Error(Nfs4Status.INVAL, `${option} is no setxattr_option4`);
  }
}
