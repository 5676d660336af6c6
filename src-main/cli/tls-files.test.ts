import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CommandError, UsageError } from './command-error.ts';
import { readTlsFiles } from './tls-files.ts';

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'windlass-tls-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text, { mode: 0o600 });
  return folder;
}

describe('the files of TLS', () => {
  it('are read from the folder in which the command runs', async () => {
    const folder = await folderWith({ 'a.pem': 'certificate', 'a.key': 'key', 'ca.pem': 'authority' });
    const options = { tlsCertificate: 'a.pem', tlsKey: 'a.key', tlsClientCa: 'ca.pem', requireTls: true };
    expect(await readTlsFiles(options, folder)).toEqual({
      certificate: 'certificate',
      key: 'key',
      clientCa: 'authority',
      required: true,
    });
    expect(await readTlsFiles({}, folder)).toBeUndefined();
  });

  it.each([{ tlsCertificate: 'a.pem' }, { tlsKey: 'a.key' }, { tlsClientCa: 'ca.pem' }, { requireTls: true }])(
    'go together: %j is not enough',
    async (options) => {
      await expect(readTlsFiles(options, '/')).rejects.toThrow(UsageError);
    },
  );

  it('that are not there are named', async () => {
    const folder = await folderWith({ 'a.key': 'key' });
    const missing = readTlsFiles({ tlsCertificate: 'a.pem', tlsKey: 'a.key' }, folder);
    await expect(missing).rejects.toThrow(/--tls-certificate names .*a\.pem, which cannot be read: ENOENT/);
  });

  it.skipIf(process.platform === 'win32')('hold no key that everybody can read', async () => {
    const folder = await folderWith({ 'a.pem': 'certificate', 'a.key': 'key' });
    await chmod(path.join(folder, 'a.key'), 0o644);
    const shown = readTlsFiles({ tlsCertificate: 'a.pem', tlsKey: 'a.key' }, folder);
    await expect(shown).rejects.toThrow(CommandError);
    await chmod(path.join(folder, 'a.key'), 0o640);
    await expect(readTlsFiles({ tlsCertificate: 'a.pem', tlsKey: 'a.key' }, folder)).resolves.toBeDefined();
  });
});
