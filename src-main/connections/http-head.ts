/** The head of one HTTP reply, read from a socket of which it is not known whether HTTP is spoken on it. */
import type { Socket } from 'node:net';

export interface HttpHead {
  readonly status: number;
  /** Milliseconds since the epoch, by the server's clock; undefined where it does not say. */
  readonly date: number | undefined;
  /** `Server`, as it calls itself. */
  readonly server: string | undefined;
}

/** Bytes; the heads of S3's replies are far shorter. */
const maxHead = 64 * 1024;

/**
 * @param timeLimit milliseconds
 * @returns undefined where what came is no HTTP, or nothing came
 */
export function readHead(socket: Socket, timeLimit: number): Promise<HttpHead | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const done = (head: HttpHead | undefined): void => {
      clearTimeout(timer);
      socket.off('data', take).off('close', end).off('end', end);
      resolve(head);
    };
    const end = (): void => done(parseHead(text));
    const take = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (text.includes('\r\n\r\n') || text.length > maxHead || !'HTTP/1.'.startsWith(text.slice(0, 7))) end();
    };
    const timer = setTimeout(end, timeLimit);
    socket.on('data', take).on('close', end).on('end', end);
  });
}

function parseHead(text: string): HttpHead | undefined {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
  if (status === undefined) return undefined;
  const date = Date.parse(/\r\ndate: *([^\r]+)/i.exec(text)?.[1] ?? '');
  return {
    status: Number(status),
    date: Number.isNaN(date) ? undefined : date,
    server: /\r\nserver: *([^\r]+)/i.exec(text)?.[1],
  };
}
