import type { Socket } from 'node:net';

/** Joins two connections: what one side sends goes to the other, and so do its end and its failure. */
export function carry(incoming: Socket, outgoing: Socket): void {
  // The end of one side is passed on by `pipe` after its last byte; only a failure, or an asker who has left, cuts short.
  outgoing.on('error', () => incoming.destroy());
  incoming.on('error', () => outgoing.destroy()).on('close', () => outgoing.destroy());
  incoming.pipe(outgoing).pipe(incoming);
}
