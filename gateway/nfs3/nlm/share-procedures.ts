/** SHARE and UNSHARE: what DOS programs deny each other. RFC 1813 §6; XNFS §10.4. */
import { NlmStatus, shareArguments, shareResult } from './codec.ts';
import { statusOf, type Answer, type LockCall } from './lock-procedures.ts';

/** Shares are not kept over a restart of the gateway; a client that reclaims one gets it where it is free. */
export async function share(call: LockCall): Promise<Answer> {
  const { cookie, callerName, handle, owner, mode, access } = shareArguments.decode(call.arguments);
  const client = call.client(callerName);
  let status: NlmStatus = NlmStatus.DENIED_NOLOCKS;
  try {
    if (client !== undefined) {
      const isFree = await call.manager.share(client, call.file(handle).key, owner, { access, deny: mode });
      status = isFree ? NlmStatus.GRANTED : NlmStatus.DENIED;
    }
  } catch (error) {
    status = statusOf(error, call.log);
  }
  return (writer) => shareResult.encode(writer, { cookie, status, sequence: 0 });
}

export function unshare(call: LockCall): Promise<Answer> {
  const { cookie, callerName, handle, owner } = shareArguments.decode(call.arguments);
  const client = call.client(callerName);
  let status: NlmStatus = NlmStatus.GRANTED;
  try {
    if (client !== undefined) call.manager.unshare(client, call.file(handle).key, owner);
  } catch (error) {
    status = statusOf(error, call.log);
  }
  return Promise.resolve((writer) => shareResult.encode(writer, { cookie, status, sequence: 0 }));
}
