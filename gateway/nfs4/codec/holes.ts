/** Holes and data, space, and advice: RFC 7863. */
import { gathered } from '../../rpc/gathered.ts';
import { array, boolean, size64, struct, uint32, union, voidCodec } from '../../rpc/xdr.ts';
import { bitmap, stateid } from './basic.ts';

export { voidCodec };

/** data_content4 */
export const DataContent = { DATA: 0, HOLE: 1 } as const;

/** SEEK4args */
export const seekArguments = struct({ stateid, offset: size64, what: uint32 });

/** seek_res4 */
export const seekResult = struct({ eof: boolean, offset: size64 });

/** ALLOCATE4args and DEALLOCATE4args */
export const allocateArguments = struct({ stateid, offset: size64, length: size64 });

/** READ_PLUS4args */
export const readPlusArguments = struct({ stateid, offset: size64, count: uint32 });

/** read_plus_content: data4, data_info4 */
const readPlusContent = union('type', {
  [DataContent.DATA]: struct({ offset: size64, data: gathered }),
  [DataContent.HOLE]: struct({ offset: size64, length: size64 }),
});

/** read_plus_res4 */
export const readPlusResult = struct({ eof: boolean, contents: array(readPlusContent, 4096) });

/** IO_ADVISE4args; `hints` are bits by IO_ADVISE_type4. */
export const ioAdviseArguments = struct({ stateid, offset: size64, count: size64, hints: bitmap });

/** IO_ADVISE4resok */
export const ioAdviseResult = struct({ hints: bitmap });
