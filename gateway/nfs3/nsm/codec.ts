/** NSM version 1, the status monitor. X/Open XNFS, chapter 11. */
import { int32, string, struct, uint32 } from '../../rpc/xdr.ts';

export const nsmProgram = 100024;
export const nsmNotifyProcedure = 6;

/** SM_MAXSTRLEN, bytes. */
const name = string(1024);

/** sm_name */
export const monitoredName = struct({ name });

/** sm_stat_res; result 0 is STAT_SUCC, 1 STAT_FAIL. */
export const statusResult = struct({ result: uint32, state: int32 });

/** sm_stat */
export const stateResult = struct({ state: int32 });

/** stat_chge: who has restarted, and its state number now: odd while it is up. */
export const stateChange = struct({ name, state: int32 });
