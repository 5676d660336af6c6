import { Access } from '../../filesystem/file-system.ts';
import { accessArguments, accessOk } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';
import type { Decoded } from '../../rpc/xdr.ts';

const ofDirectory = Access.read | Access.lookup | Access.modify | Access.extend | Access.delete;
const ofXattrs = Access.readXattr | Access.writeXattr | Access.listXattrs;
const ofOthers = Access.read | Access.modify | Access.extend | Access.execute;

/** RFC 8881 §18.1: of what is asked for, what can be told and what is granted. */
export const access: Operation<Decoded<typeof accessArguments>, Decoded<typeof accessOk>> = {
  opcode: Opcode.ACCESS,
  name: 'ACCESS',
  minorVersions: [0, 1, 2],
  arguments: accessArguments,
  result: accessOk,
  perform(context, args) {
    const node = context.requireCurrent();
    const known = (node.isDirectory ? ofDirectory : ofOthers) | (context.minorVersion === 2 ? ofXattrs : 0);
    const supported = args.access & known;
    const access = context.fileSystem.access(node, supported, context.caller);
    if (access instanceof Promise) return access.then((granted) => ({ supported, access: granted }));
    return { supported, access };
  },
};
