import type { Decoded } from '../../rpc/xdr.ts';
import { readableAttributes } from '../attributes/supported.ts';
import { readdirArguments, readdirOk } from '../codec/files.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { verifierSize } from '../codec/basic.ts';
import { DirectoryListing } from '../directory-listing.ts';
import { Nfs4Error, type Operation } from '../operation.ts';

/** Cookies stand for entries for ever, so there is no verifier to fail; macOS before 13.3 sends zero whatever it got. */
const anyVerifier = Buffer.alloc(verifierSize);

/** RFC 8881 §18.23: 1 and 2 are the client's own cookies, for `.` and `..`. */
const firstCookie = 2;

/** RFC 8881 §18.23: entries without `.` and `..`, in the order of their cookies. */
export const readdir: Operation<Decoded<typeof readdirArguments>, Decoded<typeof readdirOk>> = {
  opcode: Opcode.READDIR,
  name: 'READDIR',
  minorVersions: [0, 1, 2],
  arguments: readdirArguments,
  result: readdirOk,
  async perform(context, { cookie, directoryCount, maxCount, asked }) {
    const directory = context.requireCurrent();
    if (!directory.isDirectory) throw new Nfs4Error(Nfs4Status.NOTDIR);
    if (cookie > 0 && cookie <= firstCookie) throw new Nfs4Error(Nfs4Status.BAD_COOKIE, `cookie ${cookie}`);
    const mask = readableAttributes(asked, context.minorVersion);
    const listing = new DirectoryListing(context, directory, mask, { directoryCount, maxCount });
    return { verifier: anyVerifier, ...(await listing.read(cookie)) };
  },
};
