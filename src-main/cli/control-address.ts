/** Where the control socket of a gateway is: by its data folder, of which each has at most one gateway. */
import { createHash } from 'node:crypto';
import path from 'node:path';

/** Of the file names in the runtime folder. */
const pattern = /^gateway-[0-9a-f]{12}\.(sock|json)$/;

/** A unix socket's path has at most so many bytes with its NUL: on macOS, the shortest of all (sys/un.h). */
const maxPath = 103;

/** What a client must know to connect. On Windows the pipe's name is random, and the token proves who may. */
export interface ControlAddress {
  readonly path: string;
  readonly token?: string;
}

function nameOf(dataFolder: string): string {
  return `gateway-${createHash('sha256').update(path.resolve(dataFolder)).digest('hex').slice(0, 12)}`;
}

/** @returns undefined where the path would be too long for a socket */
export function socketPath(runtimeFolder: string, dataFolder: string): string | undefined {
  const file = path.join(runtimeFolder, `${nameOf(dataFolder)}.sock`);
  return Buffer.byteLength(file) > maxPath ? undefined : file;
}

/** The file that names pipe and token, where there are no sockets with permissions (Windows). */
export function recordPath(runtimeFolder: string, dataFolder: string): string {
  return path.join(runtimeFolder, `${nameOf(dataFolder)}.json`);
}

export function isControlFile(name: string): boolean {
  return pattern.test(name);
}
