import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { renewArguments } from '../codec/clients.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';

/** RFC 7530 §16.28. A lease that had run out is renewed as well: what was taken meanwhile says so by its stateid. */
export const renew: Operation<Decoded<typeof renewArguments>, undefined> = {
  opcode: Opcode.RENEW,
  name: 'RENEW',
  minorVersions: [0],
  arguments: renewArguments,
  result: voidCodec,
  perform(context, { clientid }) {
    context.state.clients40.require(clientid);
    return undefined;
  },
};
