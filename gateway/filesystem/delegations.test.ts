import { describe, expect, it, onTestFinished } from 'vitest';
import type { Caller } from './caller.ts';
import type { FileSystem, Node } from './file-system.ts';
import { DelegationTables, type DelegationHolder, type DelegationKind } from './locks/delegation-tables.ts';
import { GatewayLife } from './testing/gateway-life.ts';

const holder = { name: 'who has the delegation' };
const caller: Caller = { uid: 0, gid: 0, gids: [], address: '127.0.0.1', client: { name: 'somebody else' } };
const own: Caller = { ...caller, client: holder };

/** A delegation that is given back as soon as it is recalled, if ever. */
class Given implements DelegationHolder {
  readonly kind: DelegationKind;
  readonly client = holder;
  recalls = 0;
  readonly #giveBack: (() => void) | undefined;

  constructor(kind: DelegationKind, tables: DelegationTables, nodeKey: string, isWilling = true) {
    this.kind = kind;
    this.#giveBack = isWilling ? () => setImmediate(() => tables.remove(nodeKey, this)) : undefined;
    tables.add(nodeKey, this);
  }

  recall(): void {
    this.recalls++;
    this.#giveBack?.();
  }
}

interface Started {
  readonly life: GatewayLife;
  readonly fileSystem: FileSystem;
  readonly directory: Node;
  readonly file: Node;
  readonly give: (kind: DelegationKind, isWilling?: boolean) => Given;
}

async function start(metadataTtl = 10): Promise<Started> {
  const delegations = new DelegationTables(20);
  const life = await GatewayLife.begin({ delegations, configuration: { metadataTtl } });
  onTestFinished(() => life.cleanUp());
  const { fileSystem } = life;
  const directory = await life.exported();
  const how = { mode: 'guarded', attributes: { mode: 0o644 } } as const;
  const { node: file } = await fileSystem.createFile(directory, 'file', how, { caller });
  const give = (kind: DelegationKind, isWilling?: boolean): Given => new Given(kind, delegations, file.key, isWilling);
  return { life, fileSystem, directory, file, give };
}

const changes: readonly (readonly [string, (started: Started, by: Caller) => Promise<unknown>])[] = [
  [
    'a change of attributes',
    ({ fileSystem, file }, by) => fileSystem.setAttributes(file, { mode: 0o600 }, { caller: by }),
  ],
  ['a truncation', ({ fileSystem, file }, by) => fileSystem.setAttributes(file, { size: 0 }, { caller: by })],
  [
    'a write without an open',
    ({ fileSystem, file }, by) => fileSystem.write(file, 0, Buffer.from('x'), 'unstable', by),
  ],
  ['an open to write', ({ fileSystem, file }, by) => fileSystem.open(file, { read: false, write: true }, 'open', by)],
  ['its removal', ({ fileSystem, directory }, by) => fileSystem.remove(directory, 'file', undefined, { caller: by })],
  [
    'its rename',
    ({ fileSystem, directory }, by) => fileSystem.rename(directory, 'file', directory, 'b', { caller: by }),
  ],
  [
    'another that is renamed over it',
    async ({ fileSystem, directory }, by) => {
      const how = { mode: 'guarded', attributes: {} } as const;
      await fileSystem.createFile(directory, 'other', how, { caller: by });
      return fileSystem.rename(directory, 'other', directory, 'file', { caller: by });
    },
  ],
];

const looks: readonly (readonly [string, (started: Started, by: Caller) => Promise<unknown>])[] = [
  ['a read without an open', ({ fileSystem, file }, by) => fileSystem.read(file, 0, 10, by)],
  ['an open to read', ({ fileSystem, file }, by) => fileSystem.open(file, { read: true, write: false }, 'open', by)],
];

describe('a delegation is recalled', () => {
  it.each(changes)('before %s, if it is to read', async (_, change) => {
    const started = await start();
    const given = started.give('read');
    await change(started, caller);
    expect(given.recalls).toBe(1);
  });

  it.each([...changes, ...looks])('before %s, if it is to write', async (_, act) => {
    const started = await start();
    const given = started.give('write');
    await act(started, caller);
    expect(given.recalls).toBe(1);
  });

  it.each([...changes, ...looks])('not for %s by the client that has it', async (_, act) => {
    const started = await start();
    const given = started.give('write');
    await act(started, own);
    expect(given.recalls).toBe(0);
  });

  it.each(changes)('before %s, which is told to come again where that takes long', async (_, change) => {
    const started = await start();
    const given = started.give('read', false);
    await expect(change(started, caller)).rejects.toMatchObject({ code: 'DELAY' });
    expect(given.recalls).toBeGreaterThan(0);
  });

  it('not for a look, if it is to read', async () => {
    const started = await start();
    const given = started.give('read');
    for (const [, look] of looks) await look(started, caller);
    expect(given.recalls).toBe(0);
  });

  it('when a listing shows that others have replaced or deleted the object', async () => {
    for (const change of ['replace', 'delete'] as const) {
      const { life, fileSystem, directory, file, give } = await start(0);
      await life.tree.flush();
      const given = give('read');
      if (change === 'replace') life.store.bucket.write('file', Buffer.from('of others'), { user: {} });
      else life.store.bucket.objects.delete('file');
      await fileSystem.readDirectory(directory, 0, 10, caller);
      expect(given.recalls, change).toBe(1);
      expect(file.key).toBeDefined();
    }
  });
});

describe('what is known of a file', () => {
  it('holds as long as the export trusts it, and without end where only this gateway decides', async () => {
    const { life, fileSystem, directory, file } = await start(1000);
    expect(fileSystem.knownFor(file)).toBe(Infinity);
    await life.tree.flush();
    await fileSystem.readDirectory(directory, 0, 10, caller);
    const left = fileSystem.knownFor(file);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(1_000_000);
  });

  it('never goes unasked where the export trusts nothing', async () => {
    const { life, fileSystem, directory, file } = await start(0);
    await life.tree.flush();
    await fileSystem.readDirectory(directory, 0, 10, caller);
    expect(fileSystem.knownFor(file)).toBe(0);
  });
});
