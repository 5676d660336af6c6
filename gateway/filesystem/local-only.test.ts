/** Files that desktops scatter stay here, unless they are none. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localLimit } from './limits.ts';
import { root } from './testing/gateway-life.ts';
import { GatewayAndOthers } from './testing/gateway-and-others.ts';

let gateway: GatewayAndOthers;
beforeEach(async () => {
  gateway = await GatewayAndOthers.begin();
});
afterEach(() => gateway.life.cleanUp());

describe('A file of a local name', () => {
  it('is never sent', async () => {
    await gateway.client.write('._a', 'Finder says');
    await gateway.flush();
    expect(gateway.life.store.count('put')).toBe(0);
    expect(gateway.bucket.keys()).toEqual([]);
    expect(await gateway.client.read('._a')).toBe('Finder says');
  });

  it('is ordinary from 16 MiB on, and stays so', async () => {
    await gateway.client.write('._a', 'begun');
    const node = await gateway.client.node('._a');
    const file = await gateway.client.open('._a');
    await file.write(localLimit - 1, Buffer.from('x'), 'unstable');
    await file.close();
    await gateway.flush();
    expect(gateway.bucket.objects.get('._a')?.body.length).toBe(localLimit);
    await gateway.life.fileSystem.setAttributes(node, { size: 5 }, { caller: root });
    await gateway.flush();
    expect(gateway.text('._a')).toBe('begun');
  });

  it('is ordinary where it begins with that size', async () => {
    const directory = await gateway.life.exported();
    const how = { mode: 'unchecked', attributes: { size: localLimit } } as const;
    await gateway.life.fileSystem.createFile(directory, '.DS_Store', how, { caller: root });
    await gateway.flush();
    expect(gateway.bucket.objects.get('.DS_Store')?.body.length).toBe(localLimit);
  });
});
