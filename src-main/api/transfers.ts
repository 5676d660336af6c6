/** `/v1/transfers`: what goes to S3, and what cannot. */
import { z } from 'zod';
import { problem } from './problem.ts';

export const transferState = z.enum(['waiting', 'running', 'failed']);

/** Sizes in bytes, times in milliseconds since the epoch. */
export const transfer = z.object({
  id: z.string(),
  mount: z.string(),
  /** Path below the mount. */
  path: z.string(),
  kind: z.enum(['upload', 'rename', 'delete', 'attributes', 'copy']),
  state: transferState,
  size: z.int().min(0),
  sent: z.int().min(0),
  /** When it is tried again. */
  nextTry: z.int().optional(),
  problem: problem.optional(),
});

export const transfers = z.object({
  transfers: z.array(transfer),
  isPaused: z.boolean(),
  /** Bytes a second over the last seconds. */
  rate: z.number().min(0),
  /** Requests since the start, by the name that S3 gives them. */
  requests: z.record(z.string(), z.int()),
});

export const fileState = z.object({
  path: z.string(),
  state: z.enum(['in-s3', 'staged', 'uploading', 'failed', 'local-only']),
  /** 0..100 while it is uploading. */
  percent: z.number().min(0).max(100).optional(),
  problem: problem.optional(),
});

export type Transfer = z.infer<typeof transfer>;
export type Transfers = z.infer<typeof transfers>;
export type FileState = z.infer<typeof fileState>;
