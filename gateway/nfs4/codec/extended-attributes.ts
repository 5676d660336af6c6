/** Extended attributes: RFC 8276 §8.4. */
import { array, boolean, opaque, size64, struct, uint32 } from '../../rpc/xdr.ts';
import { changeInfo, component } from './basic.ts';

/** Largest xattrvalue4 that is read, bytes: above what any object can hold, so that the operation refuses it in words. */
const maxValue = 64 * 1024;

/** setxattr_option4 */
export const SetXattrOption = { EITHER: 0, CREATE: 1, REPLACE: 2 } as const;

/** GETXATTR4args and REMOVEXATTR4args */
export const xattrName = struct({ name: component });

/** GETXATTR4res of NFS4_OK */
export const getXattrResult = struct({ value: opaque(maxValue) });

/** SETXATTR4args */
export const setXattrArguments = struct({ option: uint32, name: component, value: opaque(maxValue) });

/** SETXATTR4res and REMOVEXATTR4res of NFS4_OK */
export const xattrChanged = struct({ change: changeInfo });

/** LISTXATTRS4args; `maxCount` bytes of the whole LISTXATTRS4resok. */
export const listXattrsArguments = struct({ cookie: size64, maxCount: uint32 });

/** LISTXATTRS4resok */
export const listXattrsResult = struct({ cookie: size64, names: array(component, 4096), eof: boolean });
