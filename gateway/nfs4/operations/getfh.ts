import { voidCodec, type Decoded } from '../../rpc/xdr.ts';
import { getfhOk } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';

/** RFC 8881 §18.8 */
export const getfh: Operation<undefined, Decoded<typeof getfhOk>> = {
  opcode: Opcode.GETFH,
  name: 'GETFH',
  minorVersions: [0, 1, 2],
  arguments: voidCodec,
  result: getfhOk,
  perform: (context) => ({ handle: context.requireCurrent().handle }),
};
