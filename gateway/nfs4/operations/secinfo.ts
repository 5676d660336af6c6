import type { Decoded } from '../../rpc/xdr.ts';
import { flavors, secinfoArguments } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import { requireDirectory } from '../node-type.ts';
import { entryName } from '../names.ts';
import type { Operation } from '../operation.ts';

/** AUTH_SYS, AUTH_NONE (RFC 5531 §8.2), the preferred one first: clients take the first that they speak. */
export const offered: readonly number[] = [1, 0];

/** RFC 8881 §18.29 */
export const secinfo: Operation<Decoded<typeof secinfoArguments>, Decoded<typeof flavors>> = {
  opcode: Opcode.SECINFO,
  name: 'SECINFO',
  minorVersions: [0, 1, 2],
  arguments: secinfoArguments,
  result: flavors,
  async perform(context, args) {
    const directory = context.requireCurrent();
    const name = entryName(args.name);
    await requireDirectory(context.fileSystem, directory);
    await context.fileSystem.lookup(directory, name, context.caller);
    // RFC 8881 §2.6.3.1.1.8: 4.1 consumes the current filehandle, RFC 7530 §16.31.4 keeps it.
    if (context.minorVersion > 0) context.current = undefined;
    return offered;
  },
};
