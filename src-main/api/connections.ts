/** `/v1/connections`: where objects are and how to sign in. Secrets go in and never come out. */
import { z } from 'zod';
import { problem } from './problem.ts';

export const connectionId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'needs 1 to 63 of a-z, 0-9 and -, such as work-files');

export const preset = z.enum([
  'aws',
  'cloudflare-r2',
  'backblaze-b2',
  'wasabi',
  'minio',
  'ceph',
  'garage',
  'digitalocean',
  'scaleway',
  'hetzner',
  'custom',
  'folder',
]);

/** Where the keys are kept. */
export const secretSource = z.discriminatedUnion('kind', [
  /** The OS keychain; only the service reads it. */
  z.object({ kind: z.literal('keychain') }),
  /** A TOML file that its owner alone may read. */
  z.object({ kind: z.literal('file'), path: z.string().min(1) }),
  /** A profile of AWS's files, kept as a reference, so that rotation and SSO go on working. */
  z.object({ kind: z.literal('profile'), profile: z.string().min(1) }),
  /** The SDK's chain: environment, container, instance. */
  z.object({ kind: z.literal('chain') }),
  /** Forgotten when the service ends. */
  z.object({ kind: z.literal('session') }),
  /** A folder needs none. */
  z.object({ kind: z.literal('none') }),
]);

export const keys = z.object({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1).optional(),
});

/** What a user says of a connection. */
export const connectionSettings = z.object({
  name: connectionId,
  preset,
  /** `https://host[:port]`; AWS needs none. */
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  region: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,63}$/)
    .optional(),
  /** undefined: as the preset has it. */
  pathStyle: z.boolean().optional(),
  /** Of the local folder, absolute. */
  folder: z.string().min(1).optional(),
  secret: secretSource,
  /** Buckets to offer where the keys may not list them. */
  buckets: z.array(z.string().min(3).max(63)).default([]),
  /** PEM file with certificates to trust beside the system's. */
  caBundle: z.string().min(1).optional(),
  /** `http://host:port`; undefined: as the environment and the system say. */
  proxy: z.url({ protocol: /^https?$/ }).optional(),
});

export const connectionState = z.enum([
  'unknown',
  'ready',
  /** It is locked: mounts go on once it is unlocked. */
  'waiting-for-keychain',
  'failed',
]);

export const connection = connectionSettings.extend({
  state: connectionState,
  /** Whether keys are stored where `secret` says; the keys themselves are never told. */
  hasKeys: z.boolean(),
  problem: problem.optional(),
  /** Bytes that are not in S3 yet. */
  unsentBytes: z.int().min(0),
});

export const newConnection = connectionSettings.extend({ keys: keys.optional() });
export const changedConnection = connectionSettings
  .omit({ name: true })
  .partial()
  .extend({ keys: keys.optional(), unsent: z.enum(['refuse', 'send']).default('refuse') });

/** What becomes of data that S3 does not have when a connection goes. */
export const removeConnection = z.object({
  unsent: z.discriminatedUnion('action', [
    z.object({ action: z.literal('refuse') }),
    z.object({ action: z.literal('send') }),
    /** Written as plain files below a folder that is empty or not there. */
    z.object({ action: z.literal('export'), folder: z.string().min(1) }),
    /** `confirm` repeats the connection's name. */
    z.object({ action: z.literal('discard'), confirm: z.string() }),
  ]),
});

export const bucket = z.object({ name: z.string(), created: z.int().optional() });

/** One step of a test, in the order in which a connection is made. */
export const testStep = z.object({
  step: z.enum(['address', 'connect', 'clock', 'keys', 'buckets', 'bucket']),
  /** Each bucket that the connection names is a step `bucket` of its own. */
  outcome: z.enum(['good', 'failed', 'skipped']),
  /** Of one that is good: what is better mended, though Windlass copes. */
  problem: problem.optional(),
});

export const connectionTest = z.object({
  steps: z.array(testStep),
  /** undefined where the keys may not list them. */
  buckets: z.array(bucket).optional(),
});

export type Preset = z.infer<typeof preset>;
export type SecretSource = z.infer<typeof secretSource>;
export type Keys = z.infer<typeof keys>;
export type ConnectionSettings = z.infer<typeof connectionSettings>;
export type Connection = z.infer<typeof connection>;
export type NewConnection = z.infer<typeof newConnection>;
export type Bucket = z.infer<typeof bucket>;
export type ConnectionTest = z.infer<typeof connectionTest>;
export type TestStep = z.infer<typeof testStep>;
