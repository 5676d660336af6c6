import { describe, expect, it } from 'vitest';
import { Keychain, type KeychainLibrary } from './keychain.ts';
import type { SecretError } from './secrets.ts';

const keys = { accessKeyId: 'AKIA1', secretAccessKey: 'hunter2' };

/** A keychain in memory, some of whose calls are answered otherwise. */
function libraryWith(
  answers: Partial<KeychainLibrary> = {},
): KeychainLibrary & { readonly entries: Map<string, string> } {
  const entries = new Map<string, string>();
  return {
    entries,
    getPassword: (service, account) => Promise.resolve(entries.get(`${service}/${account}`) ?? null),
    setPassword: (service, account, password) => {
      entries.set(`${service}/${account}`, password);
      return Promise.resolve();
    },
    deletePassword: (service, account) => Promise.resolve(entries.delete(`${service}/${account}`)),
    ...answers,
  };
}

const over = (library: KeychainLibrary, timeLimit = 1000) =>
  new Keychain({ load: () => Promise.resolve(library), timeLimit, isLocked: () => Promise.resolve(false) });
const failing = (message: string) => over(libraryWith({ getPassword: () => Promise.reject(new Error(message)) }));

describe('The keychain', () => {
  it('keeps keys until they are deleted', async () => {
    const keychain = over(libraryWith());
    expect(await keychain.get('work')).toBeUndefined();
    await keychain.set('work', keys);
    expect(await keychain.get('work')).toEqual(keys);
    await keychain.delete('work');
    expect(await keychain.get('work')).toBeUndefined();
  });

  it('that does not answer counts as locked', async () => {
    const keychain = over(libraryWith({ getPassword: () => new Promise(() => undefined) }), 20);
    await expect(keychain.get('work')).rejects.toMatchObject({ code: 'locked' });
  });

  it('that is locked is told from one that holds no such entry', async () => {
    const load = () => Promise.resolve(libraryWith());
    const keychain = new Keychain({ load, isLocked: () => Promise.resolve(true) });
    await expect(keychain.get('work')).rejects.toMatchObject({ code: 'locked' });
  });

  it.each([
    ['Cannot get secret of a locked object', 'locked'],
    ['User interaction is not allowed.', 'locked'],
    ['The prompt was dismissed', 'refused'],
    ['The name org.freedesktop.secrets was not provided by any .service files', 'absent'],
    ['Cannot autolaunch D-Bus without X11 $DISPLAY', 'absent'],
    ['something new', 'refused'],
  ])('that says “%s” is %s', async (message, code) => {
    await expect(failing(message).get('work')).rejects.toMatchObject({ code });
  });

  it('that is not installed names what to do instead, and is looked for again the next time', async () => {
    let isThere = false;
    const library = libraryWith();
    const keychain = new Keychain({
      load: () => (isThere ? Promise.resolve(library) : Promise.reject(new Error('Cannot find package'))),
    });
    await expect(keychain.set('work', keys)).rejects.toMatchObject({ code: 'absent', message: /--creds-file/ });
    isThere = true;
    await keychain.set('work', keys);
    expect(library.entries.size).toBe(1);
  });

  it('never quotes what it holds', async () => {
    const library = libraryWith();
    library.entries.set('Windlass/work', '{"hunter2');
    const refusal = await over(library)
      .get('work')
      .then(
        () => undefined,
        (error: unknown) => error as SecretError,
      );
    expect([refusal?.code, refusal?.cause]).toEqual(['damaged', undefined]);
    expect(refusal?.message).not.toContain('hunter2');
  });
});
