import type { Decoded } from '../../rpc/xdr.ts';
import { listXattrsArguments, listXattrsResult } from '../codec/extended-attributes.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';

/** Of LISTXATTRS4resok without a name: cookie, number of names, eof. Bytes. */
const emptyResult = 16;

/** RFC 8276 §8.4.3. The cookie is how many names, in their order, have been told. */
export const listxattrs: Operation<Decoded<typeof listXattrsArguments>, Decoded<typeof listXattrsResult>> = {
  opcode: Opcode.LISTXATTRS,
  name: 'LISTXATTRS',
  minorVersions: [2],
  arguments: listXattrsArguments,
  result: listXattrsResult,
  async perform(context, { cookie, maxCount }) {
    const all = await context.fileSystem.listXattrs(context.requireCurrent(), context.caller);
    const rest = all.slice(cookie).map((name) => Buffer.from(name));
    const names: Buffer[] = [];
    let size = emptyResult;
    for (const name of rest) {
      // XDR: a length, and the bytes filled up to a multiple of four.
      size += 4 + Math.ceil(name.length / 4) * 4;
      if (size > maxCount) break;
      names.push(name);
    }
    if (maxCount < emptyResult || (rest.length > 0 && names.length === 0)) throw new Nfs4Error(Nfs4Status.TOOSMALL);
    return { cookie: cookie + names.length, names, eof: names.length === rest.length };
  },
};
