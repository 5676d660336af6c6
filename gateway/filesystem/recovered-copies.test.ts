/** What becomes of a file that was being written when the gateway died. */
import { afterEach, describe, expect, it } from 'vitest';
import { root } from './testing/gateway-life.ts';
import { GatewayAndOthers } from './testing/gateway-and-others.ts';

const gateways: GatewayAndOthers[] = [];
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.life.cleanUp();
});

async function begin(): Promise<GatewayAndOthers> {
  const gateway = await GatewayAndOthers.begin();
  gateways.push(gateway);
  gateway.others('a', 'first');
  return gateway;
}

/** Nobody comes back. */
async function dieForGood(gateway: GatewayAndOthers): Promise<void> {
  await gateway.kill();
  gateway.life.tree.start(Promise.resolve());
  await gateway.flush();
}

describe('A file that was open for writing at a crash', () => {
  it('goes up as a recovered copy beside the version before when nobody comes back for it', async () => {
    const gateway = await begin();
    const file = await gateway.client.open('a');
    await file.write(0, Buffer.from('FIR'), 'file-sync');
    await dieForGood(gateway);
    expect(gateway.text('a')).toBe('first');
    const [copy = '', ...others] = gateway.beside('a', 'recovered');
    expect(others).toEqual([]);
    expect(gateway.text(copy)).toBe('FIRst');
    expect(gateway.notices).toMatchObject([{ kind: 'recovered' }]);
    expect(gateway.notices[0]?.message).toContain(copy);
    expect(await gateway.client.names()).toEqual(['a', copy]);
    expect(await gateway.client.read('a')).toBe('first');
  });

  it('does not replace the version before by nothing when it had just been truncated', async () => {
    const gateway = await begin();
    const node = await gateway.client.node('a');
    const file = await gateway.client.open('a');
    await gateway.life.fileSystem.setAttributes(node, { size: 0 }, { caller: root }, file);
    await dieForGood(gateway);
    expect(gateway.text('a')).toBe('first');
    expect(gateway.beside('a', 'recovered')).toHaveLength(1);
  });

  it('keeps its name when it is new, which is reported', async () => {
    const gateway = await begin();
    await gateway.client.write('b', '');
    const file = await gateway.client.open('b');
    await file.write(0, Buffer.from('new'), 'file-sync');
    await dieForGood(gateway);
    expect(gateway.text('b')).toBe('new');
    expect(gateway.notices).toMatchObject([{ kind: 'recovered' }]);
  });

  it('is sent under its name once its client has come back and closed it', async () => {
    const gateway = await begin();
    const file = await gateway.client.open('a');
    await file.write(0, Buffer.from('FIR'), 'file-sync');
    await gateway.kill();
    let endGrace: () => void = () => undefined;
    gateway.life.tree.start(new Promise((resolve) => (endGrace = resolve)));
    const node = await gateway.client.node('a');
    const again = await gateway.life.fileSystem.open(node, { read: true, write: true }, 'reclaim', root);
    endGrace();
    await again.write(3, Buffer.from('ST'), 'unstable');
    await again.close();
    await gateway.flush();
    expect(gateway.bucket.keys()).toEqual(['a']);
    expect(gateway.text('a')).toBe('FIRST');
    expect(gateway.notices).toEqual([]);
  });
});

describe('A file that was open for writing at a crash, and closed before its client came back', () => {
  it('goes up under its name', async () => {
    const gateway = await begin();
    const file = await gateway.client.open('a');
    await file.write(0, Buffer.from('FIR'), 'file-sync');
    await gateway.kill();
    gateway.life.tree.start(Promise.resolve(), () => false);
    await gateway.flush();
    expect(gateway.bucket.keys()).toEqual(['a']);
    expect(gateway.text('a')).toBe('FIRst');
    expect(gateway.notices).toEqual([]);
  });
});

describe('A file that nobody had open for writing at a crash', () => {
  it('goes up under its name when it was closed', async () => {
    const gateway = await begin();
    await gateway.client.write('a', 'second');
    await dieForGood(gateway);
    expect(gateway.bucket.keys()).toEqual(['a']);
    expect(gateway.text('a')).toBe('second');
    expect(gateway.notices).toEqual([]);
  });

  it('goes up under its name when it was written without an open', async () => {
    const gateway = await begin();
    const node = await gateway.client.node('a');
    await gateway.life.fileSystem.write(node, 0, Buffer.from('FIR'), 'file-sync', root);
    await dieForGood(gateway);
    expect(gateway.bucket.keys()).toEqual(['a']);
    expect(gateway.text('a')).toBe('FIRst');
    expect(gateway.notices).toEqual([]);
  });
});
