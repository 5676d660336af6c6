import type { Decoded } from '../../rpc/xdr.ts';
import { stateid, type StateidValue } from '../codec/basic.ts';
import { openConfirmArguments } from '../codec/opens.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';
import { changed } from '../state/client.ts';
import { inOpenOwnersTurn } from './owner-turn.ts';

/** RFC 7530 §16.18; 4.1 has sessions instead. */
export const openConfirm: Operation<Decoded<typeof openConfirmArguments>, StateidValue> = {
  opcode: Opcode.OPEN_CONFIRM,
  name: 'OPEN_CONFIRM',
  minorVersions: [0],
  arguments: openConfirmArguments,
  result: stateid,
  perform: (context, args) =>
    inOpenOwnersTurn(context, args, Opcode.OPEN_CONFIRM, (state) => {
      if (state.owner.confirmed) throw new Nfs4Error(Nfs4Status.BAD_STATEID, 'already confirmed');
      state.owner.confirmed = true;
      return Promise.resolve(changed(state));
    }),
};
