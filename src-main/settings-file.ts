/** A file of settings: checked when it is read, replaced as a whole when it is written, and readable by its owner alone. */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { replacePrivateFile } from './private-file.ts';

/** The file is there and cannot be used; the message says where and what to do. */
export class SettingsFileError extends Error {
  override readonly name = 'SettingsFileError';
}

export class SettingsFile<S extends z.ZodType> {
  readonly #path: string;
  readonly #schema: S;
  readonly #initial: z.infer<S>;
  /** Writes follow each other, so that the last one wins. */
  #writing: Promise<void> = Promise.resolve();

  /** @param initial where there is no file yet */
  constructor(file: string, schema: S, initial: z.infer<S>) {
    this.#path = file;
    this.#schema = schema;
    this.#initial = initial;
  }

  /** @throws SettingsFileError */
  async read(): Promise<z.infer<S>> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return this.#initial;
      throw new SettingsFileError(`${this.#path} cannot be read: give this user the right to it.`, { cause: error });
    }
    const parsed = this.#schema.safeParse(json(text));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? '' : ` (${issue.path.join('.')}: ${issue.message})`;
    throw new SettingsFileError(
      `${this.#path} is not what Windlass wrote${where}: mend it, or move it away to begin anew. Nothing was changed.`,
      { cause: parsed.error },
    );
  }

  /** On the disk when it resolves; whoever reads meanwhile sees the old or the new one, whole. @throws SettingsFileError */
  async write(settings: z.infer<S>): Promise<void> {
    const write = this.#writing.then(() => this.#replace(`${JSON.stringify(settings, undefined, 2)}\n`));
    this.#writing = write.catch(() => undefined);
    return write;
  }

  async #replace(text: string): Promise<void> {
    try {
      await replacePrivateFile(this.#path, text);
    } catch (cause) {
      throw new SettingsFileError(
        `${this.#path} cannot be written: check the rights to its folder and the free space.`,
        { cause },
      );
    }
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
