/** Messages on a stream: one JSON value a line, of bounded length. */
import type { Socket } from 'node:net';

/** Bytes of the longest line; whoever sends a longer one is not spoken with any more. */
const maxLine = 4 * 1024 * 1024;

/** @param receive called with each value; `undefined` for a line that is no JSON @param overflow called once when a line is too long */
export function readLines(socket: Socket, receive: (message: unknown) => void, overflow: () => void): void {
  let pieces: Buffer[] = [];
  let length = 0;
  socket.on('data', (data: Buffer) => {
    let rest = data;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = Buffer.concat([...pieces, rest.subarray(0, end)]).toString();
      pieces = [];
      length = 0;
      rest = rest.subarray(end + 1);
      if (line.trim() !== '') receive(parse(line));
    }
    length += rest.length;
    if (length > maxLine) {
      pieces = [];
      overflow();
    } else if (rest.length > 0) pieces.push(rest);
  });
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export function writeLine(socket: Socket, message: unknown): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
}
