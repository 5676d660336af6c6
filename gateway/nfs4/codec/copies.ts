/** Copies that the server makes: RFC 7863. */
import { array, boolean, size64, struct, uint32, union, voidCodec } from '../../rpc/xdr.ts';
import { opaqueLimit, stateid, textBytes, verifier } from './basic.ts';
import { opaque } from '../../rpc/xdr.ts';

/** netaddr4 */
const networkAddress = struct({ netid: opaque(opaqueLimit), address: opaque(opaqueLimit) });

/** netloc4 */
const networkLocation = union('type', { 1: textBytes, 2: textBytes, 3: networkAddress });

/** COPY4args; a `sourceServer` names another server that has the source. */
export const copyArguments = struct({
  sourceStateid: stateid,
  targetStateid: stateid,
  sourceOffset: size64,
  targetOffset: size64,
  count: size64,
  consecutive: boolean,
  synchronous: boolean,
  sourceServer: array(networkLocation, 64),
});

/** write_response4; one `callbackId` where the copy goes on after the reply. */
const writeResponse = struct({ callbackId: array(stateid, 1), count: size64, committed: uint32, verifier });

/** copy_requirements4 */
const copyRequirements = struct({ consecutive: boolean, synchronous: boolean });

/** COPY4resok */
export const copyResult = struct({ response: writeResponse, requirements: copyRequirements });

/** CLONE4args */
export const cloneArguments = struct({
  sourceStateid: stateid,
  targetStateid: stateid,
  sourceOffset: size64,
  targetOffset: size64,
  count: size64,
});

/** OFFLOAD_CANCEL4args and OFFLOAD_STATUS4args */
export const offloadArguments = struct({ stateid });

/** OFFLOAD_STATUS4resok; `complete` is empty while the copy goes on. */
export const offloadStatusResult = struct({ count: size64, complete: array(uint32, 1) });

export { voidCodec };
