/**
 * Whatever is read, by whomever, over restarts, kills and damage to the files: the bytes are those of the version.
 * WINDLASS_PROPERTY_RUNS sets how many histories are tried, WINDLASS_PROPERTY_SEED repeats a run.
 */
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import { MemoryStore } from '../store/testing/memory-store.ts';
import { BlockCache } from './block-cache.ts';
import { blockSize, type ObjectSource } from './blocks.ts';
import { Reader } from './read-ahead.ts';

const runs = Number(process.env['WINDLASS_PROPERTY_RUNS'] ?? 10);
const seed = process.env['WINDLASS_PROPERTY_SEED'];

const sizes = [1, 5000, blockSize, blockSize + 1, 1024 * 1024, 9 * blockSize + 77, 24 * blockSize];
const object = fc.nat(sizes.length - 1);
const share = fc.double({ min: 0, max: 1, noNaN: true });

type Step =
  | {
      readonly do: 'read';
      readonly object: number;
      readonly at: number;
      readonly length: number;
      readonly open: boolean;
    }
  | { readonly do: 'scan' | 'replace'; readonly object: number }
  | { readonly do: 'restart'; readonly killed: boolean }
  | {
      readonly do: 'damage';
      readonly file: number;
      readonly at: number;
      readonly how: 'flip' | 'zero' | 'cut' | 'swap';
    };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('read' as const), object, at: share, length: share, open: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('scan' as const), object }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('replace' as const), object }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const), killed: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('damage' as const),
      file: fc.nat(),
      at: share,
      how: fc.constantFrom('flip' as const, 'zero' as const, 'cut' as const, 'swap' as const),
    }),
  },
);

class History {
  readonly #store = new MemoryStore();
  readonly #objects: { bytes: Buffer; source: ObjectSource; reader: Reader }[];
  #cache: BlockCache;
  #folder: string;
  readonly #top: string;
  #restarts = 0;

  private constructor(top: string, cache: BlockCache, folder: string) {
    this.#top = top;
    this.#cache = cache;
    this.#folder = folder;
    this.#objects = sizes.map((_, index) => this.#written(index));
  }

  static async begin(): Promise<History> {
    const top = await mkdtemp(path.join(tmpdir(), 'windlass-cache-'));
    const folder = path.join(top, '0');
    return new History(top, await open(folder), folder);
  }

  async run(one: Step): Promise<void> {
    switch (one.do) {
      case 'read': {
        const { bytes } = this.#at(one.object);
        const offset = Math.floor(one.at * (bytes.length - 1));
        return this.#read(one.object, offset, Math.ceil(one.length * (bytes.length - offset)), one.open);
      }
      case 'scan': {
        const { bytes } = this.#at(one.object);
        const reads: Promise<void>[] = [];
        for (let offset = 0; offset < bytes.length; offset += 300_000)
          reads.push(this.#read(one.object, offset, Math.min(300_000, bytes.length - offset), true));
        await Promise.all(reads);
        return;
      }
      case 'replace':
        this.#objects[one.object] = this.#written(one.object);
        return;
      case 'restart':
        return this.#restart(one.killed);
      case 'damage':
        return this.#damage(one);
    }
  }

  async end(): Promise<void> {
    await this.#cache.close();
    await rm(this.#top, { recursive: true, force: true });
  }

  #at(index: number): { bytes: Buffer; source: ObjectSource; reader: Reader } {
    return this.#objects[index] as { bytes: Buffer; source: ObjectSource; reader: Reader };
  }

  #written(index: number): { bytes: Buffer; source: ObjectSource; reader: Reader } {
    const bytes = randomBytes(sizes[index] as number);
    const key = `object ${index}`;
    const version = this.#store.bucket.write(key, bytes, { user: {} });
    return { bytes, source: { store: this.#store, key, version }, reader: new Reader() };
  }

  async #read(index: number, offset: number, length: number, isOpen: boolean): Promise<void> {
    const { bytes, source, reader } = this.#at(index);
    const parts = await this.#cache.read(source, offset, length, isOpen ? reader : undefined);
    const isRight = Buffer.concat(parts).equals(bytes.subarray(offset, offset + length));
    expect(isRight, `${length} bytes from ${offset} of ${source.key}`).toBe(true);
  }

  async #restart(killed: boolean): Promise<void> {
    const next = path.join(this.#top, String(++this.#restarts));
    if (!killed) await this.#cache.close();
    await cp(this.#folder, next, { recursive: true });
    if (killed) await this.#cache.close();
    this.#folder = next;
    this.#cache = await open(next);
  }

  async #damage({ file, at, how }: Extract<Step, { do: 'damage' }>): Promise<void> {
    const names = await readdir(this.#folder);
    if (names.length === 0) return;
    const name = path.join(this.#folder, names[file % names.length] as string);
    const bytes = await readFile(name);
    if (bytes.length === 0) return;
    const place = Math.floor(at * (bytes.length - 1));
    if (how === 'flip') bytes.writeUInt8(bytes.readUInt8(place) ^ 0x55, place);
    if (how === 'zero') bytes.fill(0, place, Math.min(bytes.length, place + 5000));
    if (how === 'swap') bytes.copy(bytes, place, 0, blockSize);
    await writeFile(name, how === 'cut' ? bytes.subarray(0, place) : bytes);
  }
}

const open = (folder: string): Promise<BlockCache> =>
  BlockCache.open({ memoryBytes: 4 * blockSize, disk: { folder, bytes: 16 * 1024 * 1024 }, log: silentLog });

it('The block cache gives the bytes of the version, whatever becomes of its files', async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), async (steps) => {
    const history = await History.begin();
    try {
      for (const one of steps) await history.run(one);
    } finally {
      await history.end();
    }
  });
  await fc.assert(property, { numRuns: runs, ...(seed === undefined ? {} : { seed: Number(seed) }) });
}, 600_000);
