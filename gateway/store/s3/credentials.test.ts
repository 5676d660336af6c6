import { describe, expect, it } from 'vitest';
import { Credentials, type AwsCredentials } from './credentials.ts';

const token = (name: string, seconds?: number): AwsCredentials => ({
  accessKeyId: name,
  secretAccessKey: 'secret',
  ...(seconds !== undefined && { expiration: new Date(Date.now() + seconds * 1000) }),
});

function source(...given: AwsCredentials[]) {
  let asked = 0;
  const provide = () => Promise.resolve(given[Math.min(asked++, given.length - 1)] ?? token('none'));
  return { credentials: new Credentials({}, provide), asked: () => asked };
}

describe('Credentials', () => {
  it('that were typed in are used as they are and cannot be renewed', async () => {
    const fixed = token('fixed');
    const credentials = new Credentials({ credentials: { accessKeyId: 'fixed', secretAccessKey: 'secret' } });
    expect(await credentials.current()).toEqual(fixed);
    expect(await credentials.renew(fixed)).toBe(false);
  });

  it('are asked for once, however many requests begin together', async () => {
    const { credentials, asked } = source(token('a', 3600));
    await Promise.all([credentials.current(), credentials.current()]);
    await credentials.current();
    expect(asked()).toBe(1);
  });

  it('are renewed before they expire', async () => {
    const { credentials } = source(token('old', 60), token('new', 3600));
    await credentials.current();
    expect((await credentials.current()).accessKeyId).toBe('new');
  });

  it('are renewed after the server refused them', async () => {
    const { credentials } = source(token('old'), token('new'));
    expect(await credentials.renew(await credentials.current())).toBe(true);
    expect((await credentials.current()).accessKeyId).toBe('new');
  });

  it('are not tried again where the source has no others', async () => {
    const { credentials } = source(token('same'));
    expect(await credentials.renew(await credentials.current())).toBe(false);
  });

  it('that another request has renewed meanwhile are not renewed again', async () => {
    const { credentials, asked } = source(token('old'), token('new'));
    const old = await credentials.current();
    await credentials.renew(old);
    expect(await credentials.renew(old)).toBe(true);
    expect(asked()).toBe(2);
  });

  it('that cannot be had are a sentence, and are asked for again', async () => {
    let signedIn = false;
    const credentials = new Credentials({ profile: 'work' }, () =>
      signedIn ? Promise.resolve(token('a')) : Promise.reject(new Error('The SSO session has expired.')),
    );
    await expect(credentials.current()).rejects.toThrow(
      'No credentials from AWS profile work: The SSO session has expired.',
    );
    signedIn = true;
    expect((await credentials.current()).accessKeyId).toBe('a');
  });
});
