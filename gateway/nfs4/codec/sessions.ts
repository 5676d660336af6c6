/** CREATE_SESSION, DESTROY_SESSION, SEQUENCE, BIND_CONN_TO_SESSION and BACKCHANNEL_CTL of RFC 5662. */
import { array, boolean, opaque, string, struct, uint32, union, voidCodec, type Decoded } from '../../rpc/xdr.ts';
import type { Credential } from '../../rpc/program.ts';
import { clientId, opaqueLimit, sessionId } from './basic.ts';

/** Flags of CREATE_SESSION, RFC 8881 §18.36.1. */
export const CreateSessionFlag = { PERSIST: 1, CONN_BACK_CHAN: 2, CONN_RDMA: 4 } as const;

/** channel_attrs4. Sizes in bytes, RPC headers included. */
export const channelAttributes = struct({
  headerPadSize: uint32,
  maxRequestSize: uint32,
  maxResponseSize: uint32,
  maxResponseSizeCached: uint32,
  maxOperations: uint32,
  maxRequests: uint32,
  rdmaIrd: array(uint32, 1),
});

export type ChannelAttributes = Decoded<typeof channelAttributes>;

/** authsys_parms of RFC 5531 */
const authSysParameters = struct({
  stamp: uint32,
  machine: string(255),
  uid: uint32,
  gid: uint32,
  gids: array(uint32, 16),
});

/** gss_cb_handles4 */
const gssCallbackHandles = struct({
  service: uint32,
  handleFromServer: opaque(opaqueLimit),
  handleFromClient: opaque(opaqueLimit),
});

/** callback_sec_parms4 */
const callbackSecurity = union('flavor', { 0: voidCodec, 1: authSysParameters, 6: gssCallbackHandles });

const callbackSecurities = array(callbackSecurity, 16);

export type CallbackSecurity = Decoded<typeof callbackSecurity>;

/** As whom the client wants to be called: the first flavor of its list that this server has. */
export function callbackCredential(offered: readonly CallbackSecurity[]): Credential | undefined {
  for (const one of offered) {
    if (one.flavor === 0) return { flavor: 'none' };
    if (one.flavor === 1) {
      const { machine, uid, gid, gids } = one.value;
      return { flavor: 'sys', machine, uid, gid, gids };
    }
  }
  return undefined;
}

/** CREATE_SESSION4args */
export const createSessionArguments = struct({
  clientid: clientId,
  sequence: uint32,
  flags: uint32,
  foreChannel: channelAttributes,
  backChannel: channelAttributes,
  callbackProgram: uint32,
  callbackSecurity: callbackSecurities,
});

export type CreateSessionArguments = Decoded<typeof createSessionArguments>;

/** CREATE_SESSION4resok */
export const createSessionResult = struct({
  sessionid: sessionId,
  sequence: uint32,
  flags: uint32,
  foreChannel: channelAttributes,
  backChannel: channelAttributes,
});

export type CreateSessionResult = Decoded<typeof createSessionResult>;

/** DESTROY_SESSION4args */
export const destroySessionArguments = struct({ sessionid: sessionId });

/** SEQUENCE4args */
export const sequenceArguments = struct({
  sessionid: sessionId,
  sequence: uint32,
  slot: uint32,
  highestSlot: uint32,
  cacheThis: boolean,
});

export type SequenceArguments = Decoded<typeof sequenceArguments>;

/** sr_status_flags, RFC 8881 §18.46.3: those that this server has reason to set. */
export const SequenceStatus = {
  CB_PATH_DOWN: 0x001,
  EXPIRED_ALL_STATE_REVOKED: 0x008,
  EXPIRED_SOME_STATE_REVOKED: 0x010,
  RECALLABLE_STATE_REVOKED: 0x040,
  RESTART_RECLAIM_NEEDED: 0x100,
} as const;

/** SEQUENCE4resok */
export const sequenceResult = struct({
  sessionid: sessionId,
  sequence: uint32,
  slot: uint32,
  highestSlot: uint32,
  targetHighestSlot: uint32,
  statusFlags: uint32,
});

export type SequenceResult = Decoded<typeof sequenceResult>;

/** channel_dir_from_client4 */
export const DirectionFromClient = { FORE: 1, BACK: 2, FORE_OR_BOTH: 3, BACK_OR_BOTH: 7 } as const;

/** channel_dir_from_server4 */
export const DirectionFromServer = { FORE: 1, BACK: 2, BOTH: 3 } as const;

/** BIND_CONN_TO_SESSION4args */
export const bindConnectionArguments = struct({ sessionid: sessionId, direction: uint32, rdmaMode: boolean });

/** BIND_CONN_TO_SESSION4resok */
export const bindConnectionResult = struct({ sessionid: sessionId, direction: uint32, rdmaMode: boolean });

/** BACKCHANNEL_CTL4args */
export const backchannelControlArguments = struct({ program: uint32, security: callbackSecurities });
