/**
 * A process of its own that carries connections across the border of a network namespace, which Unix sockets ignore.
 * node relay.ts LISTEN CONNECT, each `unix:PATH` or `tcp:ADDRESS:PORT`. Prints `ready`.
 */
import { type NetConnectOpts, createConnection, createServer } from 'node:net';
import { carry } from './carry.ts';

function place(text: string | undefined): NetConnectOpts {
  const unix = /^unix:(.+)$/.exec(text ?? '')?.[1];
  if (unix !== undefined) return { path: unix };
  const tcp = /^tcp:(.+):(\d+)$/.exec(text ?? '');
  if (tcp?.[1] === undefined) throw new Error(`${String(text)} is neither unix:PATH nor tcp:ADDRESS:PORT`);
  return { host: tcp[1], port: Number(tcp[2]) };
}

const target = place(process.argv[3]);
createServer((incoming) => carry(incoming, createConnection(target))).listen(place(process.argv[2]), () =>
  console.log('ready'),
);
