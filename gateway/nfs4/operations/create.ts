import type { AttributeChanges } from '../../filesystem/attributes.ts';
import type { Created, Node } from '../../filesystem/file-system.ts';
import type { Decoded } from '../../rpc/xdr.ts';
import { changedAttributes, decodeAttributeChanges } from '../attributes/decode.ts';
import { text } from '../codec/basic.ts';
import { createArguments, createOk, type CreateType } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { entryName } from '../names.ts';
import { Nfs4Error, type CompoundContext, type Operation } from '../operation.ts';

/** RFC 8881 §18.4: makes everything but regular files, which OPEN makes. The new object becomes the current one. */
export const create: Operation<Decoded<typeof createArguments>, Decoded<typeof createOk>> = {
  opcode: Opcode.CREATE,
  name: 'CREATE',
  minorVersions: [0, 1, 2],
  arguments: createArguments,
  result: createOk,
  async perform(context, args) {
    const directory = context.requireCurrent();
    const name = entryName(args.name);
    const changes = decodeAttributeChanges(args.attributes, context.minorVersion);
    if (changes.size !== undefined) throw new Nfs4Error(Nfs4Status.INVAL, 'only regular files have a size to set');
    const created = await make(context, directory, name, args.type, changes);
    context.current = created.node;
    return { directory: created.directory, set: changedAttributes(changes) };
  },
};

async function make(
  context: CompoundContext,
  directory: Node,
  name: string,
  made: CreateType,
  changes: AttributeChanges,
): Promise<Created> {
  const { fileSystem } = context;
  switch (made.type) {
    case 'directory':
      return fileSystem.makeDirectory(directory, name, changes, context.operationContext());
    case 'symlink':
      if (made.target.length === 0) throw new Nfs4Error(Nfs4Status.INVAL, 'empty symlink target');
      return fileSystem.makeSymlink(directory, name, text(made.target), changes, context.operationContext());
    case 'block':
    case 'character':
      return fileSystem.makeSpecial(directory, name, made.type, made.device, changes, context.operationContext());
    case 'socket':
    case 'fifo':
      return fileSystem.makeSpecial(
        directory,
        name,
        made.type,
        { major: 0, minor: 0 },
        changes,
        context.operationContext(),
      );
    case 'other':
      throw new Nfs4Error(Nfs4Status.BADTYPE);
  }
}
