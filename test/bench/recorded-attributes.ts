/** mtime and mode as object metadata tells them, in the conventions of AWS's file services, s3fs and rclone. */

export interface RecordedAttributes {
  /** Whole seconds since the epoch; undefined: not recorded. */
  readonly mtime: number | undefined;
  /** Permission bits; undefined: not recorded. */
  readonly mode: number | undefined;
}

/** @param metadata user metadata, names without `x-amz-meta-` and in lower case */
export function recordedAttributes(metadata: Readonly<Record<string, string>>): RecordedAttributes {
  return { mtime: mtimeIn(metadata), mode: modeIn(metadata) };
}

function mtimeIn({ 'file-mtime': aws, mtime }: Readonly<Record<string, string>>): number | undefined {
  // AWS: nanoseconds with `ns`, milliseconds without. s3fs and rclone: seconds with a fraction.
  if (aws !== undefined) return Math.floor(aws.endsWith('ns') ? parseInt(aws) / 1e9 : Number(aws) / 1e3);
  return mtime === undefined ? undefined : Math.floor(Number(mtime));
}

function modeIn({ 'file-permissions': aws, mode }: Readonly<Record<string, string>>): number | undefined {
  // AWS: octal; s3fs: decimal; both the whole st_mode, type included.
  if (aws !== undefined) return parseInt(aws, 8) & 0o7777;
  return mode === undefined ? undefined : Number(mode) & 0o7777;
}
