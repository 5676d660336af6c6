/** What a mount can do while the store does not answer, over a restart of the gateway too. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from './testing/gateway-life.ts';
import { GatewayAndOthers } from './testing/gateway-and-others.ts';

let gateway: GatewayAndOthers;

beforeEach(async () => {
  gateway = await GatewayAndOthers.begin();
  gateway.others('seen/a', 'remote');
  gateway.others('seen/b', 'other');
  gateway.others('unseen/a', 'remote');
  expect(await gateway.client.names()).toEqual(['seen', 'unseen']);
  expect(await gateway.client.names('seen')).toEqual(['a', 'b']);
  await gateway.client.write('seen/staged', 'mine');
  // That a new file has been closed is written down soon, but CLOSE does not wait for it.
  await gateway.life.database.durable();
});
afterEach(() => gateway.life.cleanUp());

const goAway = (): void => {
  for (const kind of ['list', 'head', 'get', 'put', 'delete', 'copy'] as const)
    gateway.fates.set(kind, { fails: 'unsent' });
};

describe.each([
  ['that goes on', () => Promise.resolve()],
  [
    'that is started meanwhile',
    async () => {
      await gateway.kill();
      gateway.life.tree.start(Promise.resolve());
    },
  ],
])('While the store is away, a gateway %s', (_, meanwhile) => {
  beforeEach(async () => {
    goAway();
    await meanwhile();
  });

  it('lists what it knew and reads what is staged', async () => {
    expect(await gateway.client.names('seen')).toEqual(['a', 'b', 'staged']);
    expect(await gateway.client.read('seen/staged')).toBe('mine');
  });

  it('takes new files, renames and removals where the directory was listed once, and sends them afterwards', async () => {
    await gateway.client.write('seen/new', 'new');
    await gateway.client.rename('seen/b', 'seen/c');
    await gateway.client.remove('seen/a');
    await gateway.client.makeDirectory('made');
    expect(await gateway.client.names('seen')).toEqual(['c', 'new', 'staged']);
    gateway.fates.clear();
    await gateway.flush();
    expect(gateway.bucket.keys()).toEqual(['made/', 'seen/c', 'seen/new', 'seen/staged', 'unseen/a']);
    expect(gateway.notices).toEqual([]);
  });

  it('asks those to come back who need what it never knew', async () => {
    const unseen = await gateway.client.node('unseen');
    await expect(gateway.life.fileSystem.lookup(unseen, 'a', root)).rejects.toMatchObject({ code: 'DELAY' });
    gateway.fates.clear();
    expect(await gateway.client.read('unseen/a')).toBe('remote');
  });

  it('sees what others did meanwhile once the store is back', async () => {
    await gateway.client.names('seen');
    gateway.others('seen/theirs', 'theirs');
    gateway.fates.clear();
    await expect.poll(() => gateway.client.names('seen'), { timeout: 10_000 }).toContain('theirs');
  });
});
