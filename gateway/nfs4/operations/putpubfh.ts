import { Opcode } from '../codec/opcodes.ts';
import type { Operation } from '../operation.ts';
import { putrootfh } from './putrootfh.ts';

/** RFC 8881 §18.20: the public filehandle is the root's. */
export const putpubfh: Operation<undefined, undefined> = { ...putrootfh, opcode: Opcode.PUTPUBFH, name: 'PUTPUBFH' };
