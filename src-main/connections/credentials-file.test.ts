import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatCredentials, parseCredentials, readCredentialsFile } from './credentials-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'windlass-credentials-'));
});
afterEach(() => rm(folder, { recursive: true }));

const keys = 'aws_access_key_id = "AKIA1"\naws_secret_access_key = "hunter2"\n';

describe('a credentials file', () => {
  it('gives a pair of keys, and a session token where it holds one', () => {
    expect(parseCredentials(keys, 'f')).toEqual({ accessKeyId: 'AKIA1', secretAccessKey: 'hunter2' });
    expect(parseCredentials(`${keys}aws_session_token = "token"`, 'f')).toMatchObject({ sessionToken: 'token' });
  });

  it('is written as it is read, whatever the keys hold', () => {
    for (const more of [{}, { sessionToken: 'a\\"b=\n' }]) {
      const written = { accessKeyId: 'AKIA1', secretAccessKey: "a'b/+", ...more };
      expect(parseCredentials(formatCredentials(written), 'f')).toEqual(written);
    }
  });

  it.each([
    ['without quotes', 'aws_access_key_id = "AKIA1"\naws_secret_access_key = hunter2\n', /is not TOML \(line 2\)/],
    ['with a key missing', 'aws_secret_access_key = "hunter2"', /does not hold one pair of keys/],
    ['with an empty key', keys.replace('AKIA1', ''), /does not hold one pair of keys/],
    ['with something else', `${keys}hunter2 = "hunter2"`, /does not hold one pair of keys/],
    ['with a number as key', 'aws_access_key_id = 1\naws_secret_access_key = "hunter2"', /does not hold one pair/],
  ])('%s is refused in words that hold nothing of it', (_what, text, reason) => {
    expect(() => parseCredentials(text, 'f')).toThrow(reason);
    expect(() => parseCredentials(text, 'f')).not.toThrow(/hunter2|AKIA1/);
  });

  it('is read where its owner alone may read it', async () => {
    const file = path.join(folder, 'keys.toml');
    await writeFile(file, keys, { mode: 0o600 });
    expect(await readCredentialsFile(file)).toMatchObject({ accessKeyId: 'AKIA1' });
  });

  it('is refused where others may read it', async () => {
    const file = path.join(folder, 'keys.toml');
    await writeFile(file, keys, { mode: 0o640 });
    await expect(readCredentialsFile(file)).rejects.toThrow(/may be read by others: run chmod 600/);
  });

  it('that is missing or a folder says so', async () => {
    await expect(readCredentialsFile(path.join(folder, 'none'))).rejects.toThrow(/there is no such file/);
    await expect(readCredentialsFile(folder)).rejects.toThrow(/it is a folder/);
  });
});
