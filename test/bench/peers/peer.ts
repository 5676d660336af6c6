/** A program that presents a bucket as a directory, to be measured. */

export interface Job {
  /** Through the proxy; from where the program runs. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly bucket: string;
  /** Empty folder for caches and state: nothing is known from before. */
  readonly folder: string;
  /** Shell with `$DIRECTORY`, run in a mount before this one; empty: nothing. */
  readonly earlier: string;
  /** Shell with `$SCRATCH`; before `began`. */
  readonly setUp: string;
  /** Shell with `$SCRATCH` and `$DIRECTORY`, the mounted `work/`. */
  readonly script: string;
  /** To be called when the mount stands and `setUp` is done, before `script` starts; to be awaited. */
  began(): Promise<void>;
  /** Resolves when no more uploads are expected; the program must run until then. */
  drained(): Promise<void>;
}

export interface JobOutcome {
  readonly status: number;
  /** Of the script, both streams, without white space at the end. */
  readonly output: string;
  /** The script's own time. */
  readonly seconds: number;
}

export interface Peer {
  readonly name: string;
  /** As the program calls itself, with version. */
  version(): Promise<string>;
  /** What a mount in use has found out about the server and keeps in the job's folder. Leaves the bucket as it was. */
  prepare?(job: Job): Promise<void>;
  /** Mounts afresh, runs the job, unmounts. */
  run(job: Job): Promise<JobOutcome>;
  close(): Promise<void>;
}

/** Seconds that a workload may take. */
export const timeLimit = 300;

/** This process's environment without what would turn a program away from the job's server: settings of AWS's tools, HTTP proxies. */
export function neutralEnvironment(): NodeJS.ProcessEnv {
  const turning = /^(AWS_|RCLONE_|(https?|all|no)_proxy$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !turning.test(name)));
}
