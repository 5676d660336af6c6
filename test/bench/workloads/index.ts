import { changeWorkloads } from './changes.ts';
import { gitWorkloads } from './git.ts';
import { largeFileWorkloads } from './large-file.ts';
import { smallFileWorkloads } from './small-files.ts';
import type { Workload } from './workload.ts';

/** In the order of the report. */
export const workloads: readonly Workload[] = [
  ...smallFileWorkloads,
  ...gitWorkloads,
  ...largeFileWorkloads,
  ...changeWorkloads,
];
