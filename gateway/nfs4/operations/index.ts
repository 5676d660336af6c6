/** The operations that are served, by opcode; others that the protocol defines are NOTSUPP. */
import type { Operation } from '../operation.ts';
import { access } from './access.ts';
import { allocate } from './allocate.ts';
import { backchannelCtl } from './backchannel-ctl.ts';
import { bindConnToSession } from './bind-conn-to-session.ts';
import { clone } from './clone.ts';
import { close } from './close.ts';
import { commit } from './commit.ts';
import { copy } from './copy.ts';
import { createSession } from './create-session.ts';
import { create } from './create.ts';
import { deallocate } from './deallocate.ts';
import { delegpurge } from './delegpurge.ts';
import { delegreturn } from './delegreturn.ts';
import { destroyClientid } from './destroy-clientid.ts';
import { destroySession } from './destroy-session.ts';
import { exchangeId } from './exchange-id.ts';
import { freeStateid } from './free-stateid.ts';
import { getattr } from './getattr.ts';
import { getfh } from './getfh.ts';
import { getxattr } from './getxattr.ts';
import { ioAdvise } from './io-advise.ts';
import { link } from './link.ts';
import { listxattrs } from './listxattrs.ts';
import { lock } from './lock.ts';
import { lockt } from './lockt.ts';
import { locku } from './locku.ts';
import { lookup } from './lookup.ts';
import { lookupp } from './lookupp.ts';
import { nverify } from './nverify.ts';
import { offloadCancel } from './offload-cancel.ts';
import { offloadStatus } from './offload-status.ts';
import { openConfirm } from './open-confirm.ts';
import { openDowngrade } from './open-downgrade.ts';
import { open } from './open.ts';
import { putfh } from './putfh.ts';
import { putpubfh } from './putpubfh.ts';
import { putrootfh } from './putrootfh.ts';
import { readPlus } from './read-plus.ts';
import { read } from './read.ts';
import { readdir } from './readdir.ts';
import { readlink } from './readlink.ts';
import { reclaimComplete } from './reclaim-complete.ts';
import { releaseLockowner } from './release-lockowner.ts';
import { remove } from './remove.ts';
import { removexattr } from './removexattr.ts';
import { rename } from './rename.ts';
import { renew } from './renew.ts';
import { restorefh } from './restorefh.ts';
import { savefh } from './savefh.ts';
import { secinfoNoName } from './secinfo-no-name.ts';
import { secinfo } from './secinfo.ts';
import { seek } from './seek.ts';
import { sequence } from './sequence.ts';
import { setattr } from './setattr.ts';
import { setclientidConfirm } from './setclientid-confirm.ts';
import { setclientid } from './setclientid.ts';
import { setxattr } from './setxattr.ts';
import { testStateid } from './test-stateid.ts';
import { verify } from './verify.ts';
import { write } from './write.ts';

const all: readonly Operation<unknown, unknown>[] = [
  access,
  allocate,
  backchannelCtl,
  bindConnToSession,
  clone,
  close,
  commit,
  copy,
  create,
  createSession,
  deallocate,
  delegpurge,
  delegreturn,
  destroyClientid,
  destroySession,
  exchangeId,
  freeStateid,
  getattr,
  getfh,
  getxattr,
  ioAdvise,
  link,
  listxattrs,
  lock,
  lockt,
  locku,
  lookup,
  lookupp,
  nverify,
  offloadCancel,
  offloadStatus,
  open,
  openConfirm,
  openDowngrade,
  putfh,
  putpubfh,
  putrootfh,
  read,
  readdir,
  readlink,
  readPlus,
  reclaimComplete,
  releaseLockowner,
  remove,
  removexattr,
  rename,
  renew,
  restorefh,
  savefh,
  secinfo,
  secinfoNoName,
  seek,
  sequence,
  setattr,
  setclientid,
  setclientidConfirm,
  setxattr,
  testStateid,
  verify,
  write,
];

export const operations: ReadonlyMap<number, Operation<unknown, unknown>> = new Map(
  all.map((operation) => [operation.opcode, operation]),
);
