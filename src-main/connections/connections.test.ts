import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newConnection, type NewConnection } from '../api/connections.ts';
import { Connections } from './connections.ts';
import { SecretError, SessionSecrets } from './secrets.ts';

const keys = { accessKeyId: 'AKIA1', secretAccessKey: 'hunter2' };
const minio = newConnection.parse({
  name: 'lab',
  preset: 'minio',
  endpoint: 'http://127.0.0.1:9000',
  secret: { kind: 'keychain' },
  keys,
});

interface Opened {
  readonly folder: string;
  readonly connections: Connections;
  readonly keychain: SessionSecrets;
}

async function open(folder?: string, keychain = new SessionSecrets()): Promise<Opened> {
  const home = folder ?? (await mkdtemp(path.join(os.tmpdir(), 'windlass-connections-')));
  if (folder === undefined) onTestFinished(() => rm(home, { recursive: true, force: true }));
  return {
    folder: home,
    keychain,
    connections: await Connections.open({ folder: home, keychain, session: new SessionSecrets() }),
  };
}

const problemOf = (code: string, field?: string) =>
  expect.objectContaining({
    problem: expect.objectContaining({ code, ...(field === undefined ? {} : { field }) }) as unknown,
  }) as Error;

describe('Connections', () => {
  it('are there again after a restart, with their keys in the keychain and not in the file', async () => {
    const { folder, connections, keychain } = await open();
    await connections.add(minio);
    expect(await readFile(path.join(folder, 'connections.json'), 'utf8')).not.toMatch(/hunter2|AKIA1/);
    const again = await open(folder, keychain);
    expect(again.connections.get('lab')).toMatchObject({
      endpoint: 'http://127.0.0.1:9000',
      region: 'us-east-1',
      pathStyle: true,
    });
    expect(await again.connections.signIn('lab')).toEqual({ keys });
  });

  it('take their endpoint from the preset', async () => {
    const { connections } = await open();
    const added = await connections.add(
      newConnection.parse({ name: 'b2', preset: 'backblaze-b2', region: 'us-west-004', secret: { kind: 'chain' } }),
    );
    expect(added.endpoint).toBe('https://s3.us-west-004.backblazeb2.com');
  });

  it.each<[string, Partial<NewConnection>, string]>([
    ['without a region that its preset needs', { preset: 'wasabi', secret: { kind: 'chain' } }, 'region'],
    ['without the address of its own service', { preset: 'custom', secret: { kind: 'chain' } }, 'endpoint'],
    ['to a folder that is not absolute', { preset: 'folder', folder: 'a', secret: { kind: 'none' } }, 'folder'],
    ['with keys that it has no place for', { preset: 'aws', secret: { kind: 'chain' }, keys }, 'keys'],
  ])('%s are refused, and the field is named', async (_what, fields, field) => {
    const { connections } = await open();
    const settings = newConnection.parse({ name: 'x', ...fields });
    await expect(connections.add(settings)).rejects.toThrow(problemOf('invalid', field));
    expect(connections.all()).toEqual([]);
  });

  it('have names of their own', async () => {
    const { connections } = await open();
    await connections.add(minio);
    await expect(connections.add(minio)).rejects.toThrow(problemOf('exists', 'name'));
    await expect(connections.signIn('other')).rejects.toThrow(problemOf('not-found'));
  });

  it('are not kept where their keys cannot be', async () => {
    const keychain = new SessionSecrets();
    keychain.set = () => Promise.reject(new SecretError('locked', 'The keychain is locked.'));
    const { connections } = await open(undefined, keychain);
    await expect(connections.add(minio)).rejects.toThrow(problemOf('keychain'));
    expect(connections.all()).toEqual([]);
  });

  it('go with their keys', async () => {
    const { connections, keychain } = await open();
    await connections.add(minio);
    await connections.remove('lab');
    expect(await keychain.get('lab')).toBeUndefined();
    expect(connections.all()).toEqual([]);
  });

  it('say that a keychain is waited for, that keys are missing, or that they are there', async () => {
    const { connections, keychain, folder } = await open();
    await connections.add(minio);
    expect(await connections.hasKeys('lab')).toBe(true);
    await keychain.delete('lab');
    expect(await connections.hasKeys('lab')).toBe(false);
    keychain.get = () => Promise.reject(new SecretError('locked', 'locked'));
    expect(await connections.hasKeys('lab')).toBeUndefined();
    const file = path.join(folder, 'keys.toml');
    await writeFile(file, 'aws_access_key_id = "A"\naws_secret_access_key = "B"\n', { mode: 0o600 });
    await connections.change('lab', { secret: { kind: 'file', path: file } });
    expect(await connections.signIn('lab')).toEqual({ keys: { accessKeyId: 'A', secretAccessKey: 'B' } });
  });
});
