/** `/v1/grants`: lasting rights to use an export, for fstab, Docker and other hosts. */
import { z } from 'zod';
import { connectionId } from './connections.ts';

export const grant = z.object({
  id: z.string(),
  /** The export is `/NAME`. */
  name: z.string(),
  connection: connectionId,
  bucket: z.string(),
  prefix: z.string(),
  readOnly: z.boolean(),
  /** CIDRs; empty: this machine alone. */
  addresses: z.array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])),
  /** Who may use data; undefined: anybody whom the addresses admit. */
  uids: z.array(z.int().min(0)).optional(),
  /** Milliseconds since the epoch. */
  expires: z.int().optional(),
});

export const newGrant = grant.omit({ id: true }).partial({ readOnly: true, addresses: true, prefix: true });

export type Grant = z.infer<typeof grant>;
