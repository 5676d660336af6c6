/** What every platform's mounter does for the mount manager. */
import type { CommandLine } from './command-line.ts';

/** An export of the gateway on this machine, and where it is to appear. */
export interface MountRequest {
  readonly port: number;
  /** `/TOKEN/NAME` or `/NAME`. */
  readonly exportPath: string;
  /** Absolute path, or a drive letter with a colon. */
  readonly mountPoint: string;
  readonly readOnly: boolean;
  /** Seconds that the client may trust attributes. */
  readonly metadataTtl: number;
}

/** A line of the system's mount table. */
export interface MountedFileSystem {
  /** `127.0.0.1:/NAME`, as the table has it. */
  readonly source: string;
  readonly mountPoint: string;
  /** `nfs`, `nfs4`, `ext4` … */
  readonly type: string;
  /** Device number as `MAJOR:MINOR`, where the table tells. */
  readonly device?: string;
  /** TCP port of the server, where the table tells. */
  readonly port?: number;
}

/** How hard an unmount tries; each is tried in turn. */
export type UnmountForce = 'ask' | 'force' | 'lazy';

/** Builds what is run; runs nothing itself. */
export interface MountCommands {
  mount(request: MountRequest): CommandLine;
  unmount(mountPoint: string, force: UnmountForce): CommandLine | undefined;
  /**
   * Whether mounting makes the folder and unmounting takes it away; where it is left out they never do.
   * @throws ProblemError mount-point, where it cannot be mounted there at all
   */
  makesMountPoint?(mountPoint: string): boolean;
  /** What is written into files once the device is mounted, where this process may. */
  limits?(device: string): readonly { readonly file: string; readonly value: string }[];
  /** Prints the mount table; undefined where it is a file. */
  readonly table: CommandLine | { readonly file: string };
  parseTable(text: string): readonly MountedFileSystem[];
}

/** Milliseconds. A mount waits for the gateway, which waits for S3. */
export const mountTimeLimit = 40_000;
export const unmountTimeLimit = 15_000;
export const tableTimeLimit = 5000;
