import { readFileSync, unlinkSync } from 'node:fs';
import { readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { CommandError } from './command-error.ts';

/** A file that names this process for as long as it runs, for those who send it signals. */
export class PidFile {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Makes sure that the file belongs to no gateway that runs. It is no lock: that is the data folder's.
   *
   * @throws CommandError
   */
  static async claim(path: string): Promise<PidFile> {
    const pid = await readPid(path);
    if (pid !== undefined && pid !== process.pid && (await isGateway(pid))) {
      throw new CommandError(
        `The pid file ${path} belongs to a gateway that runs as process ${pid}: stop that one, or choose another --pid-file.`,
      );
    }
    return new PidFile(path);
  }

  /**
   * Whoever reads the file meanwhile sees the old or the new one, whole.
   *
   * @throws CommandError
   */
  async write(): Promise<void> {
    const temporary = `${this.#path}.${process.pid}`;
    try {
      await writeFile(temporary, `${process.pid}\n`, { mode: 0o644 });
      await rename(temporary, this.#path);
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw cannot('written', this.#path, error);
    }
  }

  /** Where it still names this process. Synchronous, because it is the last thing that a process does. */
  remove(): void {
    try {
      if (Number(readFileSync(this.#path, 'utf8')) === process.pid) unlinkSync(this.#path);
    } catch {
      // Gone already, or its folder is; the next gateway replaces what is left.
    }
  }
}

async function readPid(path: string): Promise<number | undefined> {
  try {
    const pid = Number(await readFile(path, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cannot('read', path, error);
  }
}

/** A process id may have been given to another program since: on Linux its command line tells. */
async function isGateway(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').includes('gateway');
  } catch {
    return true;
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is not a folder',
  EISDIR: 'there is a folder in its place',
  EACCES: 'this user has no right to it',
  EPERM: 'this user has no right to it',
  EROFS: 'its file system is read-only',
  ENOSPC: 'its file system is full',
};

function cannot(what: string, path: string, cause: unknown): CommandError {
  const reason = reasons[(cause as NodeJS.ErrnoException).code ?? ''] ?? 'the system refused it';
  return new CommandError(`The pid file ${path} cannot be ${what}: ${reason}.`, { cause });
}
