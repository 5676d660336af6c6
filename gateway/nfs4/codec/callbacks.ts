/** CB_COMPOUND and its operations, which the server calls at the client. RFC 7531, RFC 5662. */
import { array, boolean, opaque, struct, uint32, type Decoded } from '../../rpc/xdr.ts';
import { bitmap, filehandle, rawAttributes, sessionId, stateid } from './basic.ts';
import { stateOwner } from './opens.ts';

/** The only version of a callback program, of whatever minor version (RFC 7531 §2, NFS_CB). */
export const callbackVersion = 1;

export const CallbackProcedure = { null: 0, compound: 1 } as const;

/** nfs_cb_opnum4 */
export const CallbackOpcode = { GETATTR: 3, RECALL: 4, SEQUENCE: 11, NOTIFY_LOCK: 13 } as const;

/** CB_COMPOUND4args before its operations. */
export const callbackHeader = struct({
  tag: opaque(1024),
  minorVersion: uint32,
  /** Of SETCLIENTID; 4.1 has none and sends zero. */
  ident: uint32,
  count: uint32,
});

/** CB_COMPOUND4res before its results. */
export const callbackResultHeader = struct({ status: uint32, tag: opaque(1024), count: uint32 });

/** CB_SEQUENCE4args; nothing refers to other sessions here. */
export const callbackSequenceArguments = struct({
  sessionid: sessionId,
  sequence: uint32,
  slot: uint32,
  highestSlot: uint32,
  cacheThis: boolean,
  referring: array(struct({ sessionid: sessionId, calls: array(struct({ sequence: uint32, slot: uint32 }), 64) }), 64),
});

/** CB_SEQUENCE4resok */
export const callbackSequenceResult = struct({
  sessionid: sessionId,
  sequence: uint32,
  slot: uint32,
  highestSlot: uint32,
  targetHighestSlot: uint32,
});

/** CB_RECALL4args; `truncate`: the file is about to be cut, so that bytes need not be written back. */
export const callbackRecallArguments = struct({ stateid, truncate: boolean, handle: filehandle });

/** CB_GETATTR4args and CB_GETATTR4resok */
export const callbackGetattrArguments = struct({ handle: filehandle, asked: bitmap });
export const callbackGetattrResult = struct({ attributes: rawAttributes });

/** CB_NOTIFY_LOCK4args */
export const callbackNotifyLockArguments = struct({ handle: filehandle, owner: stateOwner });

export type CallbackLockOwner = Decoded<typeof stateOwner>;
