/** `/v1/events`: one JSON object a line, for as long as the client listens. */
import { z } from 'zod';
import { connection } from './connections.ts';
import { mount } from './mounts.ts';
import { notice } from './notices.ts';
import { transfer } from './transfers.ts';

export const event = z.discriminatedUnion('event', [
  z.object({ event: z.literal('connection'), connection }),
  z.object({ event: z.literal('mount'), mount }),
  z.object({ event: z.literal('mount-removed'), id: z.string() }),
  z.object({ event: z.literal('transfer'), transfer }),
  z.object({ event: z.literal('transfer-done'), id: z.string() }),
  z.object({ event: z.literal('notice'), notice }),
  z.object({ event: z.literal('notice-dismissed'), id: z.string() }),
]);

export type Event = z.infer<typeof event>;
