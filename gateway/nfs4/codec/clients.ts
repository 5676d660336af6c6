/** SETCLIENTID, SETCLIENTID_CONFIRM, RENEW of RFC 7531; EXCHANGE_ID, DESTROY_CLIENTID, RECLAIM_COMPLETE of RFC 5662. */
import { array, boolean, opaque, string, struct, uint32, uint64, union, voidCodec } from '../../rpc/xdr.ts';
import { bitmap, clientId, opaqueLimit, time, verifier } from './basic.ts';

/** clientaddr4 (netaddr4): a universal address, RFC 5665. */
export const clientAddress = struct({ netid: string(64), address: string(256) });

/** SETCLIENTID4args */
export const setClientidArguments = struct({
  client: struct({ verifier, id: opaque(opaqueLimit) }),
  callback: struct({ program: uint32, location: clientAddress }),
  callbackIdent: uint32,
});

/** SETCLIENTID4resok */
export const setClientidResult = struct({ clientid: clientId, confirm: verifier });

/** SETCLIENTID_CONFIRM4args */
export const setClientidConfirmArguments = setClientidResult;

/** RENEW4args */
export const renewArguments = struct({ clientid: clientId });

/** Bits of EXCHANGE_ID's flags, RFC 8881 §18.35.1. */
export const ExchangeIdFlag = {
  SUPP_MOVED_REFER: 0x0000_0001,
  SUPP_MOVED_MIGR: 0x0000_0002,
  BIND_PRINC_STATEID: 0x0000_0100,
  USE_NON_PNFS: 0x0001_0000,
  USE_PNFS_MDS: 0x0002_0000,
  USE_PNFS_DS: 0x0004_0000,
  UPD_CONFIRMED_REC_A: 0x4000_0000,
  CONFIRMED_R: 0x8000_0000,
} as const;

/** state_protect_how4 */
export const StateProtect = { NONE: 0, MACH_CRED: 1, SSV: 2 } as const;

/** state_protect_ops4 */
const stateProtectOperations = struct({ mustEnforce: bitmap, mustAllow: bitmap });

/** sec_oid4<>: object identifiers of algorithms. */
const algorithms = array(opaque(opaqueLimit), 64);

/** ssv_sp_parms4 */
const ssvParameters = struct({
  operations: stateProtectOperations,
  hashAlgorithms: algorithms,
  encryptionAlgorithms: algorithms,
  window: uint32,
  gssHandles: uint32,
});

/** nfs_impl_id4 */
const implementationId = struct({ domain: opaque(opaqueLimit), name: opaque(opaqueLimit), date: time });

/** EXCHANGE_ID4args */
export const exchangeIdArguments = struct({
  owner: struct({ verifier, ownerid: opaque(opaqueLimit) }),
  flags: uint32,
  stateProtect: union('how', {
    [StateProtect.NONE]: voidCodec,
    [StateProtect.MACH_CRED]: stateProtectOperations,
    [StateProtect.SSV]: ssvParameters,
  }),
  implementation: array(implementationId, 1),
});

/** EXCHANGE_ID4resok; only SP4_NONE is ever granted. */
export const exchangeIdResult = struct({
  clientid: clientId,
  sequence: uint32,
  flags: uint32,
  stateProtect: union('how', { [StateProtect.NONE]: voidCodec }),
  serverOwner: struct({ minorId: uint64, majorId: opaque(opaqueLimit) }),
  serverScope: opaque(opaqueLimit),
  implementation: array(implementationId, 1),
});

/** DESTROY_CLIENTID4args */
export const destroyClientidArguments = struct({ clientid: clientId });

/** RECLAIM_COMPLETE4args */
export const reclaimCompleteArguments = struct({ oneFileSystem: boolean });
