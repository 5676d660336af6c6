import { open } from 'node:fs/promises';
import { parse, stringify, TomlError } from 'smol-toml';
import { z } from 'zod';
import { SecretError } from './secrets.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const contents = z.strictObject({
  aws_access_key_id: z.string().min(1),
  aws_secret_access_key: z.string().min(1),
  aws_session_token: z.string().min(1).optional(),
});

const form = 'it needs aws_access_key_id = "…" and aws_secret_access_key = "…", and takes aws_session_token = "…"';

/**
 * Reads a TOML file that holds one pair of keys.
 *
 * @throws SecretError where it cannot be read, others may read it, or it holds something else; never with its contents
 */
export async function readCredentialsFile(file: string): Promise<Credentials> {
  return parseCredentials(await readPrivate(file), file);
}

/** @throws SecretError */
export function parseCredentials(text: string, file: string): Credentials {
  let table: unknown;
  try {
    table = parse(text);
  } catch (error) {
    // TomlError's own message quotes the line, and the line may be a secret; so no cause either.
    const where = error instanceof TomlError ? ` (line ${error.line})` : '';
    throw new SecretError('damaged', `The credentials file ${file} is not TOML${where}: ${form}.`);
  }
  const result = contents.safeParse(table);
  if (!result.success)
    throw new SecretError('damaged', `The credentials file ${file} does not hold one pair of keys: ${form}.`);
  const { aws_access_key_id, aws_secret_access_key, aws_session_token } = result.data;
  return {
    accessKeyId: aws_access_key_id,
    secretAccessKey: aws_secret_access_key,
    ...(aws_session_token !== undefined && { sessionToken: aws_session_token }),
  };
}

/** The text of such a file. */
export function formatCredentials({ accessKeyId, secretAccessKey, sessionToken }: Credentials): string {
  return stringify({
    aws_access_key_id: accessKeyId,
    aws_secret_access_key: secretAccessKey,
    ...(sessionToken !== undefined && { aws_session_token: sessionToken }),
  });
}

async function readPrivate(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      const { mode } = await handle.stat();
      if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
        throw new SecretError(
          'refused',
          `The credentials file ${file} may be read by others: run chmod 600 on it first.`,
        );
      }
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof SecretError) throw error;
    const reason = reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? 'reading it failed';
    throw new SecretError('absent', `The credentials file ${file} cannot be read: ${reason}.`, { cause: error });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'this user has no right to it',
  EISDIR: 'it is a folder',
};
