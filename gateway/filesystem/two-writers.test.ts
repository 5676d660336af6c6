/** Others write the same bucket: what is overwritten, what is kept, and what the user is told. */
import { afterEach, describe, expect, it } from 'vitest';
import { StoreError, type DeleteResult } from '../store/object-store.ts';
import { GatewayAndOthers } from './testing/gateway-and-others.ts';
import { contentOf } from './testing/path-client.ts';

const gateways: GatewayAndOthers[] = [];
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.life.cleanUp();
});

async function begin(): Promise<GatewayAndOthers> {
  const gateway = await GatewayAndOthers.begin();
  gateways.push(gateway);
  return gateway;
}

/** The one key that lies beside `name` for this reason. */
function beside(gateway: GatewayAndOthers, name: string, why: string): string {
  const found = gateway.beside(name, why);
  expect(found, `keys beside ${name}: ${gateway.bucket.keys().join(', ')}`).toHaveLength(1);
  return found[0] as string;
}

describe('An upload', () => {
  it('is based on the version that was opened, not on one that others have put there since', async () => {
    const gateway = await begin();
    gateway.others('a', 'first');
    const file = await gateway.client.open('a');
    expect(await contentOf(file)).toBe('first');
    gateway.others('a', 'second');
    await gateway.client.names();
    await file.write(0, Buffer.from('FIR'), 'unstable');
    expect(await contentOf(file)).toBe('FIRst');
    await file.close();
    await gateway.flush();
    expect(gateway.text('a')).toBe('second');
    expect(gateway.text(beside(gateway, 'a', 'conflict'))).toBe('FIRst');
  });

  it('is based on the version that a truncating open has seen', async () => {
    const gateway = await begin();
    gateway.others('a', 'first');
    await gateway.client.write('a', 'mine');
    gateway.others('a', 'theirs');
    await gateway.flush();
    expect(gateway.text('a')).toBe('theirs');
    expect(gateway.text(beside(gateway, 'a', 'conflict'))).toBe('mine');
    expect(gateway.notices).toMatchObject([{ kind: 'conflict' }]);
  });

  it('of a new name conflicts with what others have created there meanwhile', async () => {
    const gateway = await begin();
    await gateway.client.write('report.txt', 'mine');
    gateway.others('report.txt', 'theirs');
    await gateway.flush();
    expect(gateway.text('report.txt')).toBe('theirs');
    const kept = gateway.bucket.keys().find((key) => /^report \(conflict here .*\)\.txt$/.test(key));
    expect(gateway.text(kept ?? '')).toBe('mine');
    expect(await gateway.client.names()).toEqual([kept, 'report.txt'].sort());
    expect(gateway.notices[0]?.message).toContain(kept);
  });

  it('creates an object again that others have deleted', async () => {
    const gateway = await begin();
    gateway.others('a', 'first');
    await gateway.client.write('a', 'mine');
    gateway.bucket.objects.delete('a');
    await gateway.flush();
    expect(gateway.text('a')).toBe('mine');
    expect(gateway.notices).toEqual([]);
  });

  it('of parts goes on from what is cached where others have deleted the object', async () => {
    const gateway = await begin();
    gateway.others('a', 'abcdef');
    const file = await gateway.client.open('a');
    expect(await contentOf(file)).toBe('abcdef');
    await file.write(1, Buffer.from('B'), 'unstable');
    await file.close();
    gateway.bucket.objects.delete('a');
    await gateway.flush();
    expect(gateway.text('a')).toBe('aBcdef');
    expect(gateway.bucket.keys()).toEqual(['a']);
  });

  it('of parts whose version is gone is kept as far as it goes, and the notice says what is missing', async () => {
    const gateway = await begin();
    gateway.others('a', 'abcdef');
    const file = await gateway.client.open('a');
    await file.write(2, Buffer.from('C'), 'unstable');
    await file.close();
    gateway.others('a', 'theirs');
    await gateway.flush();
    expect(gateway.text('a')).toBe('theirs');
    expect(gateway.text(beside(gateway, 'a', 'incomplete'))).toBe('\0\0C\0\0\0');
    expect(gateway.notices).toMatchObject([{ kind: 'conflict' }]);
    expect(gateway.notices[0]?.message).toContain('bytes 0 to 1 and 3 to 5');
  });

  it('of parts is kept in the same way where others have deleted the object, and the name stays free', async () => {
    const gateway = await begin();
    gateway.others('a', 'abcdef');
    const file = await gateway.client.open('a');
    await file.write(2, Buffer.from('C'), 'unstable');
    await file.close();
    gateway.bucket.objects.delete('a');
    await gateway.flush();
    const kept = beside(gateway, 'a', 'incomplete');
    expect(gateway.bucket.keys()).toEqual([kept]);
    expect(await gateway.client.names()).toEqual([kept]);
  });

  it('of parts of a renamed file is kept where others have replaced the object under its old name', async () => {
    const gateway = await begin();
    gateway.others('a', 'abcdef');
    await gateway.client.rename('a', 'b');
    const file = await gateway.client.open('b');
    await file.write(0, Buffer.from('A'), 'unstable');
    await file.close();
    gateway.others('a', 'theirs');
    await gateway.flush();
    expect(gateway.text('a')).toBe('theirs');
    expect(gateway.text(beside(gateway, 'b', 'incomplete'))).toBe('A\0\0\0\0\0');
  });
});

describe('An upload whose answer was lost', () => {
  it('is known again', async () => {
    const gateway = await begin();
    await gateway.client.write('a', 'mine');
    gateway.fates.set('put', { fails: 'lost' });
    const sent = gateway.flush();
    await expect.poll(() => gateway.text('a')).toBe('mine');
    gateway.fates.clear();
    await sent;
    expect(gateway.bucket.keys()).toEqual(['a']);
    expect(gateway.notices).toEqual([]);
  });

  it.each([
    ['of another size', 'rewritten'],
    ['of the same size', 'MINE'],
  ])('is not confused with a rewrite %s that carried its metadata along', async (_, theirs) => {
    const gateway = await begin();
    await gateway.client.write('a', 'mine');
    gateway.fates.set('put', { fails: 'lost' });
    const sent = gateway.flush();
    await expect.poll(() => gateway.text('a')).toBe('mine');
    gateway.others('a', theirs, gateway.bucket.objects.get('a')?.metadata.user);
    gateway.fates.clear();
    await sent;
    expect(gateway.text('a')).toBe(theirs);
    expect(gateway.text(beside(gateway, 'a', 'conflict'))).toBe('mine');
  });
});

describe('A rename', () => {
  it('does not take an object of others for its own copy because it is as long', async () => {
    const gateway = await begin();
    gateway.others('a', 'mine');
    await gateway.client.rename('a', 'b');
    gateway.others('b', 'more');
    await gateway.flush();
    expect(gateway.text('b')).toBe('more');
    expect(gateway.text(beside(gateway, 'b', 'conflict'))).toBe('mine');
    expect(gateway.bucket.objects.has('a')).toBe(false);
  });

  it('happens to the version that others have written meanwhile', async () => {
    const gateway = await begin();
    gateway.others('a', 'first');
    await gateway.client.rename('a', 'b');
    gateway.others('a', 'second one');
    await gateway.flush();
    expect(gateway.bucket.keys()).toEqual(['b']);
    expect(gateway.text('b')).toBe('second one');
    expect(await gateway.client.read('b')).toBe('second one');
  });

  it('of a file that others have deleted makes it vanish, and says so', async () => {
    const gateway = await begin();
    gateway.others('a', 'first');
    await gateway.client.rename('a', 'b');
    gateway.bucket.objects.delete('a');
    await gateway.flush();
    expect(gateway.bucket.keys()).toEqual([]);
    expect(await gateway.client.names()).toEqual([]);
    expect(gateway.notices).toMatchObject([{ kind: 'vanished' }]);
  });
});

describe('A change of attributes', () => {
  it('happens to the version that others have written meanwhile', async () => {
    const gateway = await begin();
    gateway.others('a', 'first');
    await gateway.client.setMode('a', 0o600);
    gateway.others('a', 'second one');
    await gateway.flush();
    expect(gateway.text('a')).toBe('second one');
    expect(gateway.bucket.objects.get('a')?.metadata.user['file-permissions']).toBe('0100600');
    expect(await gateway.client.read('a')).toBe('second one');
  });

  it('of a file that others have deleted makes it vanish, and says so', async () => {
    const gateway = await begin();
    gateway.others('a', 'first');
    await gateway.client.setMode('a', 0o600);
    gateway.bucket.objects.delete('a');
    await gateway.flush();
    expect(await gateway.client.exists('a')).toBe(false);
    expect(gateway.notices).toMatchObject([{ kind: 'vanished' }]);
  });

  it('of a directory whose marker others have deleted writes it again, and keeps what is in it', async () => {
    const gateway = await begin();
    gateway.others('d/', '');
    gateway.others('d/a', 'file');
    await gateway.client.names('d');
    await gateway.client.setMode('d', 0o700);
    gateway.bucket.objects.delete('d/');
    await gateway.flush();
    expect(gateway.bucket.keys()).toEqual(['d/', 'd/a']);
    expect(await gateway.client.read('d/a')).toBe('file');
  });
});

describe('A delete', () => {
  it('spares what others have written meanwhile, and says so', async () => {
    const gateway = await begin();
    gateway.others('a', 'first');
    await gateway.client.remove('a');
    gateway.others('a', 'second');
    await gateway.flush();
    expect(await gateway.client.read('a')).toBe('second');
    expect(gateway.notices).toMatchObject([{ kind: 'kept' }]);
  });

  it('that the store refuses for good makes the file appear again, and says so', async () => {
    const gateway = await begin();
    gateway.others('a', 'first');
    gateway.life.store.delete = (requests): Promise<readonly DeleteResult[]> =>
      Promise.resolve(requests.map(({ key }) => ({ key, error: new StoreError('AccessDenied', 'No.') })));
    await gateway.client.remove('a');
    expect(await gateway.client.exists('a')).toBe(false);
    await gateway.flush();
    expect(await gateway.client.read('a')).toBe('first');
    expect(gateway.notices).toMatchObject([{ kind: 'refused-delete' }]);
  });
});

describe('An open file', () => {
  it('stays on its version when others write another, as far as it is cached', async () => {
    const gateway = await begin();
    gateway.others('a', 'first');
    const file = await gateway.client.open('a', { read: true, write: false });
    expect(await contentOf(file)).toBe('first');
    gateway.others('a', 'second');
    expect(await gateway.client.read('a')).toBe('second');
    expect(await contentOf(file)).toBe('first');
    await file.close();
  });

  it('is IO where its version is gone and not cached, which is reported; the next open sees the new one', async () => {
    const gateway = await begin();
    gateway.others('a', 'first');
    const file = await gateway.client.open('a', { read: true, write: false });
    gateway.others('a', 'second');
    await expect(file.read(0, 100)).rejects.toMatchObject({ code: 'IO' });
    expect(gateway.notices).toMatchObject([{ kind: 'unreadable' }]);
    const next = await gateway.client.open('a');
    expect(await contentOf(next)).toBe('second');
    await expect(file.read(0, 100)).rejects.toMatchObject({ code: 'IO' });
    expect(gateway.notices).toHaveLength(1);
    await Promise.all([file.close(), next.close()]);
  });
});

describe('What the store refuses for good', () => {
  it('is told in a notice and kept, and the notice goes once it has been sent', async () => {
    const gateway = await begin();
    const put = gateway.life.store.put.bind(gateway.life.store);
    gateway.life.store.put = () => Promise.reject(new StoreError('AccessDenied', 'Not with these credentials.'));
    await gateway.client.write('a', 'mine');
    await gateway.flush();
    expect(gateway.notices).toMatchObject([{ kind: 'failed-upload' }]);
    expect(gateway.notices[0]?.message).toContain('Not with these credentials.');
    expect(await gateway.client.read('a')).toBe('mine');
    gateway.life.store.put = put;
    await gateway.flush();
    expect(gateway.text('a')).toBe('mine');
    expect(gateway.notices).toEqual([]);
  });
});
