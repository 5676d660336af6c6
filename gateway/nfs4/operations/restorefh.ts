import { voidCodec } from '../../rpc/xdr.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';

/** RFC 8881 §18.27; the stateid comes back with the filehandle (§16.2.3.1.2). */
export const restorefh: Operation<undefined, undefined> = {
  opcode: Opcode.RESTOREFH,
  name: 'RESTOREFH',
  minorVersions: [0, 1, 2],
  arguments: voidCodec,
  result: voidCodec,
  perform(context) {
    // RFC 7530 §16.29.4 has a status of its own, RFC 8881 §18.27.3 NOFILEHANDLE.
    if (context.saved === undefined && context.minorVersion === 0) throw new Nfs4Error(Nfs4Status.RESTOREFH);
    const stateid = context.savedStateid;
    context.current = context.requireSaved();
    context.currentStateid = stateid;
    return undefined;
  },
};
