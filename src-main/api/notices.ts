/** `/v1/notices`: what the user should know or do. */
import { z } from 'zod';

export const notice = z.object({
  id: z.string(),
  /** As the gateway calls it: `conflict`, `recovered`, `hidden`, `kept`, `refused-delete`, … */
  kind: z.string(),
  /** Milliseconds since the epoch. */
  time: z.int(),
  /** The mount that it is about, where it is about one. */
  mount: z.string().optional(),
  /** The key or prefix in the bucket. */
  key: z.string(),
  /** A sentence that names the remedy. */
  message: z.string(),
});

export type Notice = z.infer<typeof notice>;
