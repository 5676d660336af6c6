/** What a gateway is told when it starts: everything, secrets included, comes from its parent; nothing from argv. */
import { z } from 'zod';

/** Bytes; with less a sequential reader would push out what it has asked for. */
export const leastMemoryCache = 8 * 1024 ** 2;

const credentials = z.object({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().optional(),
});

export const s3Connection = z.object({
  kind: z.literal('s3'),
  /** `https://host[:port]`; undefined: AWS, by region. */
  endpoint: z.url().optional(),
  region: z.string().optional(),
  pathStyle: z.boolean().default(false),
  fips: z.boolean().default(false),
  dualStack: z.boolean().default(false),
  accelerate: z.boolean().default(false),
  /** Without credentials and profile the SDK's chain applies (environment, profile, SSO, container, instance). */
  profile: z.string().optional(),
  credentials: credentials.optional(),
  /** `http://host:port`; '' for none. undefined: as HTTPS_PROXY, HTTP_PROXY and NO_PROXY say. */
  proxy: z.string().optional(),
  /** Certificates that count beside the system's, PEM texts. */
  certificateAuthorities: z.array(z.string()).optional(),
});

export const folderConnection = z.object({ kind: z.literal('folder') });

export const exportConfiguration = z.object({
  /** The first path component that clients mount; no `/`, not `.` or `..`. */
  name: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^/\0]+$/),
  connection: z.discriminatedUnion('kind', [s3Connection, folderConnection]),
  /** A bucket (or access point alias); for a folder connection the folder's absolute path. */
  bucket: z.string().min(1),
  /** Only keys under it, without the leading and with a trailing `/`; empty: the whole bucket. */
  prefix: z
    .string()
    .regex(/^($|[^/].*\/$)/s)
    .default(''),
  readOnly: z.boolean().default(false),
  /** Whether lists of exports name it; who knows its name finds it in any case. */
  listed: z.boolean().default(true),
  /** Owner of objects that name none. */
  uid: z.int().min(0),
  gid: z.int().min(0),
  squash: z.enum(['none', 'root', 'all']),
  /** Permission bits of what names none. */
  fileMode: z.int().min(0).max(0o7777).default(0o644),
  directoryMode: z.int().min(0).max(0o7777).default(0o755),
  /** `auto` begins as `listing` and becomes `full` where POSIX metadata is found. */
  metadata: z.enum(['auto', 'full', 'listing']).default('auto'),
  /** Seconds that metadata is trusted; 0: always revalidated. */
  metadataTtl: z.number().min(0).default(10),
  writeThrough: z.boolean().default(false),
});

export const gatewayConfiguration = z.object({
  dataFolder: z.string().min(1),
  bind: z.object({ address: z.string(), port: z.int().min(0).max(65535) }),
  /** CIDRs that may connect; always includes loopback. */
  allow: z.array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])).default([]),
  /** Whether source ports above 1023 are accepted. */
  insecurePorts: z.boolean().default(false),
  /** Whether port 111 tells clients of NFSv3 where everything is. */
  portmapper: z.boolean().default(false),
  /** RPC-with-TLS (RFC 9289): PEM texts. */
  tls: z
    .object({
      certificate: z.string().min(1),
      key: z.string().min(1),
      /** Who signs clients' certificates; without it clients need none. */
      clientCa: z.string().min(1).optional(),
      /** Whether requests outside TLS are refused. */
      required: z.boolean().default(false),
    })
    .optional(),
  leaseSeconds: z.int().min(1).max(3600).default(60),
  /** Of bytes of objects that can be fetched again. */
  cache: z
    .object({
      /** undefined: `cache` in the data folder. */
      folder: z.string().min(1).optional(),
      /** undefined: 10 GiB, or a tenth of the disk where that is less; 0: nothing is cached on the disk. */
      diskBytes: z.int().min(0).optional(),
      /** For blocks at rest. */
      memoryBytes: z
        .int()
        .min(leastMemoryCache)
        .default(96 * 1024 ** 2),
    })
    .prefault({}),
  exports: z.array(exportConfiguration),
  /** Beside `exports`, every bucket that this connection can list; the export options are `allBuckets.template`'s. */
  allBuckets: z
    .object({
      connection: s3Connection,
      template: exportConfiguration.omit({ name: true, bucket: true, connection: true }),
    })
    .optional(),
});

export type S3Connection = z.infer<typeof s3Connection>;
export type ExportConfiguration = z.infer<typeof exportConfiguration>;
export type GatewayConfiguration = z.infer<typeof gatewayConfiguration>;
