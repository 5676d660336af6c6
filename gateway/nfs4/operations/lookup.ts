import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { lookupArguments } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import { requireDirectory } from '../node-type.ts';
import { entryName } from '../names.ts';
import type { Node } from '../../filesystem/file-system.ts';
import type { CompoundContext, Operation } from '../operation.ts';

async function refuse(context: CompoundContext, node: Node): Promise<undefined> {
  await requireDirectory(context.fileSystem, node);
}

/** RFC 8881 §18.13 */
export const lookup: Operation<Decoded<typeof lookupArguments>, undefined> = {
  opcode: Opcode.LOOKUP,
  name: 'LOOKUP',
  minorVersions: [0, 1, 2],
  arguments: lookupArguments,
  result: voidCodec,
  perform(context, args) {
    const directory = context.requireCurrent();
    const name = entryName(args.name);
    if (!directory.isDirectory) return refuse(context, directory);
    const found = context.fileSystem.lookup(directory, name, context.caller);
    if (found instanceof Promise) return found.then((node) => void (context.current = node));
    context.current = found;
    return undefined;
  },
};
