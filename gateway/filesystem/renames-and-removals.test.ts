/** Orders of removes, renames and crashes that random runs have found, each as the few steps that matter. */
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryBucket, type Fate, type RequestKind } from '../store/testing/memory-store.ts';
import { GatewayLife, root } from './testing/gateway-life.ts';
import { contentOf, PathClient } from './testing/path-client.ts';

const lives: GatewayLife[] = [];
afterEach(async () => {
  for (const life of lives.splice(0)) await life.cleanUp();
});

/** Until when requests of a kind are not answered though carried out. */
class Silence {
  kind: RequestKind | undefined;
  readonly fate = (kind: RequestKind): Fate => (kind === this.kind ? { fails: 'lost' } : {});
}

async function begin(): Promise<{ life: GatewayLife; client: PathClient; bucket: MemoryBucket; silence: Silence }> {
  const bucket = new MemoryBucket();
  const silence = new Silence();
  const life = await GatewayLife.begin({
    store: { bucket, fate: silence.fate },
    configuration: { metadataTtl: 0 },
  });
  lives.push(life);
  life.tree.start(Promise.resolve());
  return { life, client: new PathClient(life), bucket, silence };
}

const foreign = (bucket: MemoryBucket, key: string, text: string): void => {
  bucket.write(key, Buffer.from(text), { user: {} });
};

describe('A removed file that is still open', () => {
  it('does not hide what others write under its name', async () => {
    const { life, client, bucket } = await begin();
    foreign(bucket, 'a', 'old');
    const file = await client.open('a');
    expect(await contentOf(file)).toBe('old');
    await client.remove('a');
    await life.tree.flush();
    foreign(bucket, 'a', 'new');
    expect(await client.read('a')).toBe('new');
    expect(await contentOf(file)).toBe('old');
    await file.close();
    await life.tree.flush();
    expect(bucket.objects.get('a')?.body.toString()).toBe('new');
  });

  it('does not hold back a rename of its directory, and stays readable', async () => {
    const { life, client, bucket } = await begin();
    foreign(bucket, 'd/a', 'open');
    foreign(bucket, 'd/b', 'other');
    const file = await client.open('d/a');
    await client.remove('d/a');
    await client.rename('d', 'e');
    await life.tree.flush();
    expect(bucket.keys()).toEqual(['e/b']);
    expect(await contentOf(file)).toBe('open');
    await file.close();
    await life.tree.flush();
    expect(bucket.keys()).toEqual(['e/b']);
  });
});

describe('A file whose upload was not known to have arrived', () => {
  it('does not come back under its old name when it is renamed and listed', async () => {
    const { life, client, bucket, silence } = await begin();
    foreign(bucket, 'a', 'before');
    const file = await client.open('a');
    silence.kind = 'put';
    await life.fileSystem.write(await client.node('a'), 0, Buffer.from('B'), 'file-sync', root);
    await expect.poll(() => bucket.objects.get('a')?.body.toString()).toBe('Before');
    await client.rename('a', 'b');
    expect(await client.names()).toEqual(['b']);
    silence.kind = undefined;
    await file.close();
    await life.tree.flush();
    expect(bucket.keys()).toEqual(['b']);
    expect(bucket.objects.get('b')?.body.toString()).toBe('Before');
  });
});

describe('A directory whose upload was not known to have arrived', () => {
  it('is not taken for the one that was renamed over it, though both markers have one ETag', async () => {
    const { life, client, bucket, silence } = await begin();
    bucket.write('c/', Buffer.alloc(0), { user: { custom: 'marker' } });
    silence.kind = 'put';
    await client.makeDirectory('b');
    await expect.poll(() => bucket.keys()).toEqual(['b/', 'c/']);
    await client.rename('c', 'b');
    silence.kind = undefined;
    await life.tree.flush();
    expect(bucket.keys()).toEqual(['b/']);
    expect(bucket.objects.get('b/')?.metadata.user).toMatchObject({ custom: 'marker' });
  });
});
