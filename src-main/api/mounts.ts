/** `/v1/mounts`: buckets, or parts of them, presented by the system's NFS client. */
import { z } from 'zod';
import { connectionId } from './connections.ts';
import { problem } from './problem.ts';

export const mountId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

/** Sizes in bytes, times in seconds. */
export const mountOptions = z.object({
  readOnly: z.boolean().default(false),
  /** At login, and whenever the endpoint can be reached again. */
  autoMount: z.boolean().default(false),
  metadataTtl: z.number().min(0).default(10),
  metadata: z.enum(['auto', 'full', 'listing']).default('auto'),
  writeMode: z.enum(['write-back', 'write-through']).default('write-back'),
  /** Everything is shown as the user's own. */
  asMine: z.boolean().default(true),
  /** Users other than the one who mounts, and root, may use it as its modes allow. */
  allowOther: z.boolean().default(false),
  /** What the drive says it can hold. */
  quota: z.int().min(0).optional(),
  storageClass: z.string().optional(),
  encryption: z
    .object({ algorithm: z.enum(['AES256', 'aws:kms', 'aws:kms:dsse']), keyId: z.string().optional() })
    .optional(),
  requesterPays: z.boolean().default(false),
});

export const mountSettings = z.object({
  connection: connectionId,
  bucket: z.string().min(1),
  /** Empty, or ends in `/`. */
  prefix: z
    .string()
    .regex(/^($|[^/].*\/$)/s)
    .default(''),
  /** An absolute path, or on Windows a drive letter with a colon; undefined: chosen by the platform. */
  mountPoint: z.string().min(1).optional(),
  /** The drive's name in Finder and Explorer; undefined: the bucket's. */
  volumeName: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^/\0]+$/)
    .optional(),
  options: mountOptions.prefault({}),
});

export const mountState = z.enum([
  'unmounted',
  'mounting',
  'mounted',
  'unmounting',
  /** Tried again by itself: for the network, the endpoint or the keychain. */
  'waiting',
  'failed',
]);

export const mount = mountSettings.extend({
  id: mountId,
  /** Where it is, or would be. */
  mountPoint: z.string(),
  volumeName: z.string(),
  state: mountState,
  problem: problem.optional(),
  /** Bytes that are not in S3 yet. */
  unsentBytes: z.int().min(0),
  /** Ends with the app; undefined: it lasts until it is unmounted. */
  endsWith: z.enum(['app']).optional(),
});

export type MountOptions = z.infer<typeof mountOptions>;
export type MountSettings = z.infer<typeof mountSettings>;
export type Mount = z.infer<typeof mount>;
export type MountState = z.infer<typeof mountState>;
