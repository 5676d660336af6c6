/** Passes a request of the window on to the service's control socket, and its answer back. */
import http from 'node:http';
import { pipeline } from 'node:stream/promises';
import { ProblemError } from '../api/problem.ts';
import type { ControlAddress } from '../control/control-client.ts';

/** Nothing of the browser's reaches the service but what the API reads: the token above all stays here. */
export async function forward(
  { socketPath, token }: ControlAddress,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const type = request.headers['content-type'];
  const length = request.headers['content-length'];
  const onward = http.request({
    socketPath,
    method: request.method,
    path: request.url,
    headers: {
      host: 'localhost',
      ...(type !== undefined && { 'content-type': type }),
      ...(length !== undefined && { 'content-length': length }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
  });
  response.on('close', () => onward.destroy());
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    onward.on('response', resolve);
    onward.on('error', reject);
  });
  let answer: http.IncomingMessage;
  try {
    [answer] = await Promise.all([answered, pipeline(request, onward)]);
  } catch (cause) {
    throw ProblemError.of(
      'gateway',
      'The Windlass service does not answer.',
      'Start it again; this page goes on by itself.',
      { cause },
    );
  }
  response.writeHead(answer.statusCode ?? 502, {
    'content-type': answer.headers['content-type'] ?? 'application/json',
    'cache-control': 'no-store',
  });
  response.flushHeaders();
  // Either side may go away in the middle of a stream of events; the other end is closed then.
  await pipeline(answer, response).catch(() => response.destroy());
}
