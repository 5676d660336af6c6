import { describe, expect, it } from 'vitest';
import { connection } from '../../src-main/api/connections.ts';
import { emptyForm, formOf, readForm } from './connection-form.ts';

const keys = { accessKeyId: 'AKIA', secretAccessKey: ' hunter2 ' };
const typed = { ...emptyForm, name: 'work', ...keys };

describe('The form of a connection', () => {
  it('makes the address of region and account where the service has it so', () => {
    expect(readForm({ ...typed, preset: 'cloudflare-r2', account: 'a1' }, false)).toMatchObject({
      connection: { endpoint: 'https://a1.r2.cloudflarestorage.com', region: 'auto' },
    });
    expect(readForm({ ...typed, preset: 'wasabi', region: 'eu-central-1' }, false)).toMatchObject({
      connection: { endpoint: 'https://s3.eu-central-1.wasabisys.com', keys: { secretAccessKey: 'hunter2' } },
    });
  });

  it('says which fields are needed', () => {
    const needed = (form: object) =>
      Object.keys((readForm({ ...emptyForm, ...form }, false) as { errors: object }).errors);
    expect(needed({})).toEqual(['name', 'region', 'accessKeyId', 'secretAccessKey']);
    expect(needed({ ...keys, preset: 'cloudflare-r2', name: 'a' })).toEqual(['account']);
    expect(needed({ ...keys, preset: 'minio', name: 'a' })).toEqual(['endpoint']);
    expect(needed({ preset: 'folder', name: 'a' })).toEqual(['folder']);
    expect(needed({ preset: 'minio', endpoint: 'http://a', name: 'a', signIn: 'profile' })).toEqual(['profile']);
  });

  it('names the field that is not right', () => {
    const read = readForm({ ...typed, preset: 'minio', name: 'My Files', endpoint: 'minio' }, false);
    expect(Object.keys('errors' in read ? read.errors : {})).toEqual(['name', 'endpoint']);
  });

  it('needs no keys where some are stored, and sends none that were not typed', () => {
    const kept = connection.parse({
      name: 'lab',
      preset: 'minio',
      endpoint: 'http://127.0.0.1:9000',
      secret: { kind: 'keychain' },
      state: 'failed',
      hasKeys: true,
      unsentBytes: 0,
    });
    const read = readForm(formOf(kept), true);
    expect(read).toMatchObject({ connection: { endpoint: 'http://127.0.0.1:9000' } });
    expect('connection' in read && read.connection.keys).toBeUndefined();
  });

  it('gives a folder neither keys nor a way to sign in', () => {
    const read = readForm({ ...typed, preset: 'folder', folder: '/srv' }, false);
    expect(read).toMatchObject({ connection: { secret: { kind: 'none' }, folder: '/srv' } });
    expect('connection' in read && read.connection.keys).toBeUndefined();
  });
});
