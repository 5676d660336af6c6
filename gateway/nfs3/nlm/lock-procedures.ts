/** TEST, LOCK, CANCEL and UNLOCK. RFC 1813 §6; XNFS §10.4. */
import { FileSystemError } from '../../filesystem/errors.ts';
import type { HeldLock } from '../../filesystem/locks/byte-range-locks.ts';
import type { LockHolder } from '../../filesystem/locks/lock-tables.ts';
import type { Node } from '../../filesystem/file-system.ts';
import type { Log } from '../../log.ts';
import type { XdrReader, XdrWriter } from '../../rpc/xdr.ts';
import type { NlmClient, NlmHolder, Peer } from './clients.ts';
import {
  cancelArguments,
  lockArguments,
  NlmStatus,
  plainResult,
  testArguments,
  testResult,
  unlockArguments,
  type Holder,
  type Lock,
} from './codec.ts';
import type { LockManager, Request } from './lock-manager.ts';

/** One call, whether its answer is a reply or a call back. */
export interface LockCall {
  readonly arguments: XdrReader;
  readonly manager: LockManager;
  readonly log: Log;
  readonly peer: (name: string) => Peer;
  /** undefined: there are too many clients. */
  readonly client: (name: string) => NlmClient | undefined;
  /** The file to be locked. @throws FileSystemError */
  readonly file: (handle: Buffer) => Node;
}

/** Writes the results. */
export type Answer = (writer: XdrWriter) => void;

/** What an error of the file system is to a client that locks. */
export function statusOf(error: unknown, log: Log): NlmStatus {
  if (!(error instanceof FileSystemError)) {
    log.error({ error }, 'locking failed');
    return NlmStatus.FAILED;
  }
  switch (error.code) {
    case 'STALE':
    case 'BADHANDLE':
      return NlmStatus.STALE_FH;
    case 'ROFS':
      return NlmStatus.ROFS;
    case 'FBIG':
      return NlmStatus.FBIG;
    default:
      return NlmStatus.FAILED;
  }
}

export async function test(call: LockCall): Promise<Answer> {
  const { cookie, exclusive, lock: asked } = testArguments.decode(call.arguments);
  const answer =
    (result: Parameters<typeof testResult.encode>[1]['result']): Answer =>
    (writer) =>
      testResult.encode(writer, { cookie, result });
  let found: Awaited<ReturnType<LockManager['test']>>;
  const failed = await withRequest(call, asked, exclusive, async (request) => {
    found = await call.manager.test(request);
    return NlmStatus.GRANTED;
  });
  if (failed !== NlmStatus.GRANTED) return answer({ status: failed, value: undefined });
  if (found === undefined) return answer({ status: NlmStatus.GRANTED, value: undefined });
  if (found === 'grace') return answer({ status: NlmStatus.DENIED_GRACE_PERIOD, value: undefined });
  return answer({ status: NlmStatus.DENIED, value: holderOf(found) });
}

/** @param isMonitored false for NM_LOCK: the client has no NSM, and gets nothing back after a restart */
export async function lock(call: LockCall, isMonitored = true): Promise<Answer> {
  const { cookie, block, exclusive, lock: asked, reclaim, state } = lockArguments.decode(call.arguments);
  const status = await withRequest(call, asked, exclusive, (request) => {
    request.holder.client.state = state;
    return call.manager.lock(request, { block, reclaim, isMonitored });
  });
  return plain(cookie, status);
}

export async function cancel(call: LockCall): Promise<Answer> {
  const { cookie, exclusive, lock: asked } = cancelArguments.decode(call.arguments);
  const status = await withRequest(call, asked, exclusive, (request) =>
    Promise.resolve(call.manager.cancel(request) ? NlmStatus.GRANTED : NlmStatus.DENIED),
  );
  return plain(cookie, status);
}

export async function unlock(call: LockCall): Promise<Answer> {
  const { cookie, lock: asked } = unlockArguments.decode(call.arguments);
  const status = await withRequest(call, asked, true, (request) => {
    call.manager.unlock(request);
    return Promise.resolve(NlmStatus.GRANTED);
  });
  return plain(cookie, status);
}

function plain(cookie: Buffer, status: NlmStatus): Answer {
  return (writer) => plainResult.encode(writer, { cookie, status });
}

/** Finds client, holder and file. @returns what `use` returns, or why it could not be called */
async function withRequest(
  call: LockCall,
  { callerName, handle, owner, svid, range }: Lock,
  exclusive: boolean,
  use: (request: Request) => Promise<NlmStatus>,
): Promise<NlmStatus> {
  const client = call.client(callerName);
  if (client === undefined) return NlmStatus.DENIED_NOLOCKS;
  try {
    const { key: nodeKey } = call.file(handle);
    const kind = exclusive ? 'write' : 'read';
    return await client.withHolder(svid, owner, (holder: NlmHolder) =>
      // The handle outlives the record that it came in.
      use({ holder, nodeKey, kind, range, handle: Buffer.from(handle) }),
    );
  } catch (error) {
    return statusOf(error, call.log);
  }
}

function holderOf({ kind, owner, start, end }: HeldLock<LockHolder>): Holder {
  return { exclusive: kind === 'write', svid: owner.svid, owner: owner.owner, range: { start, end } };
}
