import { StoreError, type StoreErrorCode } from '../object-store.ts';

/** The code of a failed system call, '' where `error` is none. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Nothing is there, or something is in the way of its path that is no directory. */
export const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(systemCode(error));

const codes: Readonly<Record<string, StoreErrorCode>> = {
  ENOSPC: 'NoSpace',
  EDQUOT: 'NoSpace',
  EACCES: 'AccessDenied',
  EPERM: 'AccessDenied',
  EROFS: 'AccessDenied',
  EFBIG: 'TooLarge',
  EXDEV: 'NotSupported',
  ENAMETOOLONG: 'InvalidKey',
  EILSEQ: 'InvalidKey',
};

/** Failed system calls as StoreErrors that name the folder; everything else as it is. */
export function folderError(folder: string, error: unknown): unknown {
  const code = systemCode(error);
  if (error instanceof StoreError || !(error instanceof Error) || !/^E[A-Z0-9]+$/.test(code)) return error;
  return new StoreError(codes[code] ?? 'Unavailable', `The folder ${folder} cannot be used (${error.message}).`, {
    cause: error,
  });
}
