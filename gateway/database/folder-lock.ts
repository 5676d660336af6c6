/**
 * One gateway per data folder. The lock is the kernel's, on an open file, so it goes with the process however that
 * ends, it cannot be left behind, and no process id that was used again can be mistaken for the holder.
 */
import { spawn } from 'node:child_process';
import { close, constants, ftruncate, open, write } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { makeFolder } from './durable-folder.ts';

// Descriptors, not FileHandles: a FileHandle that is collected as garbage closes its file, and the lock would be gone.
const openFile = promisify(open);
const closeFile = promisify(close);
const truncateFile = promisify(ftruncate);
const writeFile = promisify(write);

const fileName = 'gateway.lock';

/** open(2)'s lock flag where the platform has one; libuv names it UV_FS_O_EXLOCK. Linux has none. */
const lockOnOpen: Partial<Record<NodeJS.Platform, number>> = { darwin: 0x20, win32: 0x10000000 };

/** macOS would wait otherwise; Windows does not know the flag and never waits. */
const nonBlocking = process.platform === 'win32' ? 0 : constants.O_NONBLOCK;

/** How often a lock that another process holds is tried again. */
const retryMilliseconds = 100;

export interface FolderLock {
  /** Lets the next one in. Idempotent. */
  release(): Promise<void>;
}

/** Another live process holds the folder. */
export class FolderLockedError extends Error {
  override readonly name = 'FolderLockedError';
  readonly folder: string;
  /** Process id of the holder, where it could be read. */
  readonly holder: number | undefined;

  constructor(folder: string, holder: number | undefined) {
    super(
      `The data folder ${folder} is in use by another gateway${holder === undefined ? '' : ` (process ${holder})`}. Stop that one, or choose another data folder.`,
    );
    this.folder = folder;
    this.holder = holder;
  }
}

/**
 * Locks the folder for this process; makes it (0700) where it is missing.
 *
 * @param options.waitMilliseconds how long to wait for another holder to end; 0: not at all
 * @throws FolderLockedError where another process, or this one, still holds it then; the file system's own errors
 */
export async function lockFolder(folder: string, options: { readonly waitMilliseconds: number }): Promise<FolderLock> {
  await makeFolder(folder);
  const file = path.join(folder, fileName);
  const deadline = performance.now() + options.waitMilliseconds;
  for (;;) {
    const descriptor = await tryLock(file);
    if (descriptor !== undefined) return held(descriptor);
    if (performance.now() >= deadline) throw new FolderLockedError(folder, await readHolder(file));
    await sleep(Math.min(retryMilliseconds, Math.max(1, deadline - performance.now())));
  }
}

/** @returns the open file that carries the lock, or undefined where it is taken */
async function tryLock(file: string): Promise<number | undefined> {
  const flags = constants.O_RDWR | constants.O_CREAT;
  const lockFlag = lockOnOpen[process.platform];
  if (lockFlag !== undefined) {
    try {
      return await openFile(file, flags | nonBlocking | lockFlag, 0o600);
    } catch (error) {
      // macOS says EAGAIN; Windows, whose lock is exclusive sharing, EBUSY.
      if (['EAGAIN', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  }
  const descriptor = await openFile(file, flags, 0o600);
  try {
    if (await flock(descriptor)) return descriptor;
  } catch (error) {
    await closeFile(descriptor);
    throw error;
  }
  await closeFile(descriptor);
  return undefined;
}

/**
 * flock(2) by the command of that name, which Node has no call for. The lock belongs to the open file, which the command
 * shares with this process, and so outlives the command.
 */
function flock(descriptor: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const command = spawn('flock', ['-x', '-n', '3'], {
      stdio: ['ignore', 'ignore', 'ignore', descriptor],
      env: { PATH: `${process.env['PATH'] ?? ''}:/usr/bin:/bin` },
    });
    command.once('error', (cause) =>
      reject(new Error('The data folder cannot be locked without the command flock (package util-linux).', { cause })),
    );
    command.once('exit', (status, signal) => {
      if (status === 0) resolve(true);
      else if (status === 1) resolve(false);
      else reject(new Error(`The data folder cannot be locked: flock ended with ${status ?? signal ?? 'no status'}.`));
    });
  });
}

async function held(descriptor: number): Promise<FolderLock> {
  // Only a hint for the message of the next one; the lock does not depend on it.
  await truncateFile(descriptor, 0);
  await writeFile(descriptor, `${process.pid}\n`, 0);
  let released: Promise<void> | undefined;
  return {
    release: () => (released ??= closeFile(descriptor)),
  };
}

async function readHolder(file: string): Promise<number | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    return /^\d+\n$/.test(text) ? Number(text) : undefined;
  } catch {
    // Windows shares nothing of a locked file; the message does without.
    return undefined;
  }
}
