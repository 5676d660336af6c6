import type { Decoded } from '../../rpc/xdr.ts';
import { linkArguments, linkOk } from '../codec/names.ts';
import { Nfs3Status } from '../codec/status.ts';
import { newName } from '../names.ts';
import { Nfs3Error } from '../nfs3-error.ts';
import type { Procedure } from '../procedure.ts';
import { requireDirectory } from '../require-directory.ts';

/** RFC 1813 §3.3.15: an object has one key, so a file has one name. */
export const link: Procedure<Decoded<typeof linkArguments>, Decoded<typeof linkOk>> = {
  number: 15,
  name: 'LINK',
  arguments: linkArguments,
  result: linkOk,
  told: ({ file, link: made }) => [
    { handle: file, as: 'attributes' },
    { handle: made.directory, as: 'weak cache consistency' },
  ],
  perform(context, { file, link: made }) {
    context.resolve(file);
    requireDirectory(context.resolve(made.directory));
    newName(made.name);
    throw new Nfs3Error(Nfs3Status.NOTSUPP, 'hard links cannot be kept in S3');
  },
};
