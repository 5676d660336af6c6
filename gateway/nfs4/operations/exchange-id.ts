import type { Decoded } from '../../rpc/xdr.ts';
import { exchangeIdArguments, ExchangeIdFlag, exchangeIdResult, StateProtect } from '../codec/clients.ts';
import { Opcode } from '../codec/opcodes.ts';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error, type Operation } from '../operation.ts';

/** EXCHGID4_FLAG_SUPP_FENCE_OPS of RFC 7862 §14.1: unknown to 4.1. */
const fenceOperations = 0x4;

const requestFlags =
  ExchangeIdFlag.SUPP_MOVED_REFER |
  ExchangeIdFlag.SUPP_MOVED_MIGR |
  ExchangeIdFlag.BIND_PRINC_STATEID |
  ExchangeIdFlag.USE_NON_PNFS |
  ExchangeIdFlag.USE_PNFS_MDS |
  ExchangeIdFlag.USE_PNFS_DS |
  ExchangeIdFlag.UPD_CONFIRMED_REC_A;

/** RFC 8881 §18.35. */
export const exchangeId: Operation<Decoded<typeof exchangeIdArguments>, Decoded<typeof exchangeIdResult>> = {
  opcode: Opcode.EXCHANGE_ID,
  name: 'EXCHANGE_ID',
  minorVersions: [1, 2],
  arguments: exchangeIdArguments,
  result: exchangeIdResult,
  async perform({ caller, minorVersion, state }, { owner, flags, stateProtect }) {
    const known = minorVersion >= 2 ? requestFlags | fenceOperations : requestFlags;
    if ((flags & ~known) !== 0) throw new Nfs4Error(Nfs4Status.INVAL, 'unknown flags');
    requireUnprotected(stateProtect.how);
    const update = (flags & ExchangeIdFlag.UPD_CONFIRMED_REC_A) !== 0;
    const { client, isConfirmed, sequence } = await state.clients41.exchangeId(
      owner.ownerid,
      owner.verifier,
      caller.uid,
      update,
    );
    // Linux refuses a server that sets none of the USE_ flags.
    const confirmed = isConfirmed ? ExchangeIdFlag.CONFIRMED_R : 0;
    return {
      clientid: client.clientid,
      sequence,
      flags: (ExchangeIdFlag.USE_NON_PNFS | confirmed) >>> 0,
      stateProtect: { how: StateProtect.NONE, value: undefined },
      serverOwner: { minorId: 0n, majorId: state.serverOwner },
      serverScope: state.serverOwner,
      implementation: [],
    };
  },
};

/** SP4_MACH_CRED needs integrity, SP4_SSV its ciphers; AUTH_SYS gives neither. */
function requireUnprotected(how: number): void {
  if (how === StateProtect.MACH_CRED) throw new Nfs4Error(Nfs4Status.INVAL, 'SP4_MACH_CRED without RPCSEC_GSS');
  if (how === StateProtect.SSV) throw new Nfs4Error(Nfs4Status.ENCR_ALG_UNSUPP, 'SP4_SSV');
}
