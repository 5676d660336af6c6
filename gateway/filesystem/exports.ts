/** What this gateway offers: exports by name, their identity over restarts, and who may use them. */
import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import type { ExportConfiguration } from '../configuration.ts';
import type { Database, Table } from '../database/database.ts';
import type { Fileid, InodeRecord } from '../staging/records.ts';
import { gatewayRoot, type Tree } from '../staging/tree.ts';
import { hasPosixMetadata } from '../staging/posix-metadata.ts';
import type { Place, Places } from '../staging/places.ts';
import type { Caller } from './caller.ts';

/** Remembered of a place, under its identity; ids are never reused. */
interface ExportRecord {
  readonly id: number;
  readonly root: Fileid;
  /** POSIX metadata has been found or written here. */
  readonly posix: boolean;
  /** Whether its first objects have been looked at for that. */
  readonly sampled: boolean;
}

/** Who may use an export. `uids` undefined: anybody whom the addresses admit. */
export interface Grant {
  readonly id: number;
  readonly uids: ReadonlySet<number> | undefined;
}

export class Export {
  readonly id: number;
  readonly name: string;
  readonly root: Fileid;
  readonly configuration: ExportConfiguration;
  readonly place: Place;
  readonly grant: Grant;
  /** Of the whole gateway, so that two gateways never share an fsid. */
  readonly fsidMajor: bigint;
  #posix: boolean;

  constructor(fields: {
    id: number;
    root: Fileid;
    posix: boolean;
    configuration: ExportConfiguration;
    place: Place;
    grant: Grant;
    gatewayId: bigint;
  }) {
    this.id = fields.id;
    this.root = fields.root;
    this.name = fields.configuration.name;
    this.configuration = fields.configuration;
    this.place = fields.place;
    this.grant = fields.grant;
    this.fsidMajor = (fields.gatewayId << 24n) | BigInt(fields.id);
    this.#posix = fields.posix;
  }

  get readOnly(): boolean {
    return this.configuration.readOnly;
  }

  /** Whether a HEAD comes before the attributes of a version are first answered. */
  get readsMetadata(): boolean {
    const { metadata } = this.configuration;
    return metadata === 'full' || (metadata === 'auto' && this.#posix);
  }

  foundPosix(): void {
    this.#posix = true;
  }

  get knowsPosix(): boolean {
    return this.#posix;
  }

  admits(caller: Caller): boolean {
    return this.grant.uids === undefined || this.grant.uids.has(caller.uid);
  }

  /** The caller as this export sees it. */
  squash(caller: Caller): Caller {
    const { squash, uid, gid } = this.configuration;
    if (squash === 'all' || (squash === 'root' && caller.uid === 0)) {
      return { ...caller, uid: squash === 'all' ? uid : 65534, gid: squash === 'all' ? gid : 65534, gids: [] };
    }
    return caller;
  }
}

/** How many objects tell whether an export has POSIX metadata. */
const sampleSize = 5;

/** Two exports of the same keys are one, whatever their names. */
function identityOf({ store, prefix }: Place): string {
  return `${store.identity} ${prefix}`;
}

export class Exports {
  readonly #database: Database;
  readonly #tree: Tree;
  readonly #places: Places;
  readonly #records: Table<ExportRecord>;
  readonly #counters: Table<number>;
  readonly #byId = new Map<number, Export>();
  readonly #byName = new Map<string, Export>();
  /** Whose objects have not been looked at in this run. */
  readonly #unsampled = new Set<Export>();
  readonly #secrets: Table<Buffer>;
  /** Authenticates filehandles; stays the same over restarts. */
  readonly secret: KeyObject;
  readonly gatewayId: bigint;
  #changed: bigint;
  #refresh: { readonly refresh: () => Promise<void>; readonly age: number; last: number } | undefined;

  constructor(database: Database, tree: Tree, places: Places) {
    this.#database = database;
    this.#tree = tree;
    this.#places = places;
    this.#records = database.table('exports');
    this.#counters = database.table('counters');
    this.#secrets = database.table('secrets');
    const secret = this.#secrets.get(['filehandle']) ?? randomBytes(32);
    this.secret = createSecretKey(secret);
    const id = this.#secrets.get(['gateway']) ?? randomBytes(4);
    database.transact(() => {
      this.#secrets.put(['filehandle'], secret);
      this.#secrets.put(['gateway'], id);
    });
    this.gatewayId = BigInt(id.readUInt32BE(0));
    this.#changed = this.#lastChange();
  }

  /** When the list of exports last changed, microseconds since the epoch. */
  get changed(): bigint {
    return this.#changed;
  }

  add(configuration: ExportConfiguration, place: Place, uids: ReadonlySet<number> | undefined): Export {
    const identity = identityOf(place);
    const record = this.#records.get([identity]) ?? this.#create(identity, configuration);
    const added = new Export({ ...record, configuration, place, grant: { id: 1, uids }, gatewayId: this.gatewayId });
    this.#byId.set(added.id, added);
    this.#byName.set(added.name, added);
    this.#places.set(added.id, place);
    if (configuration.metadata === 'auto' && !record.sampled) this.#unsampled.add(added);
    this.#database.transact(() => {
      const root = this.#tree.require(added.root);
      if (root.name !== added.name) this.#tree.update(added.root, { name: added.name });
    });
    this.#noteChange();
    return added;
  }

  remove(name: string): void {
    const removed = this.#byName.get(name);
    if (removed === undefined) return;
    this.#byName.delete(name);
    this.#byId.delete(removed.id);
    this.#unsampled.delete(removed);
    this.#noteChange();
  }

  #create(identity: string, configuration: ExportConfiguration): ExportRecord {
    return this.#database.transact(() => {
      const id = (this.#counters.get(['export']) ?? 0) + 1;
      this.#counters.put(['export'], id);
      const now = BigInt(Date.now()) * 1_000_000n;
      const root: InodeRecord = {
        type: 'directory',
        export: id,
        parent: gatewayRoot,
        name: configuration.name,
        mode: configuration.directoryMode,
        uid: configuration.uid,
        gid: configuration.gid,
        size: 4096,
        atime: now,
        mtime: now,
        ctime: now,
        change: Date.now() * 1000,
        described: true,
        remote: true,
      };
      const record: ExportRecord = { id, root: this.#tree.add(root), posix: false, sampled: false };
      this.#records.put([identity], record);
      return record;
    });
  }

  /** POSIX metadata was found in the export: from now on it is read everywhere in it. */
  markPosix(found: Export): void {
    if (found.knowsPosix) return;
    found.foundPosix();
    this.#note(found, { posix: true });
  }

  /** Whether an earlier run has offered this place: then there may be unsent data of it, and clients that know it. */
  knows(place: Place): boolean {
    return this.#records.get([identityOf(place)]) !== undefined;
  }

  /**
   * Looks at some objects, once for every export, whether they carry POSIX metadata. It comes before anything else that is
   * asked of the export, since attributes that were answered are not corrected. @throws StoreError
   */
  async sample(of: Export): Promise<void> {
    if (!this.#unsampled.has(of)) return;
    const { store, prefix } = of.place;
    const { objects } = await store.list({ prefix, limit: sampleSize });
    const described = await Promise.all(objects.map(({ key }) => store.head(key)));
    if (!this.#unsampled.delete(of)) return;
    if (described.some((one) => one !== undefined && hasPosixMetadata(one.metadata))) this.markPosix(of);
    if (objects.length > 0) this.#note(of, { sampled: true });
  }

  #note(of: Export, fields: Partial<ExportRecord>): void {
    const key = [identityOf(of.place)];
    this.#database.transact(() => {
      const record = this.#records.get(key);
      if (record !== undefined) this.#records.put(key, { ...record, ...fields });
    });
  }

  #lastChange(): bigint {
    return BigInt(this.#counters.get(['exports changed']) ?? 1);
  }

  #noteChange(): void {
    const names = [...this.#byId.values()]
      .map((one) => `${one.id} ${one.name}`)
      .sort()
      .join('\n');
    const known = this.#secrets.get(['export names']);
    if (known?.toString() === names) return;
    this.#database.transact(() => {
      this.#secrets.put(['export names'], Buffer.from(names));
      this.#counters.put(['exports changed'], Date.now() * 1000);
    });
    this.#changed = this.#lastChange();
  }

  /** `refresh` brings the list up to date; it is called when the list is read after so many milliseconds. */
  onLook(refresh: () => Promise<void>, age: number): void {
    this.#refresh = { refresh, age, last: performance.now() };
  }

  /** Brings the list up to date where it is old. @throws StoreError */
  async look(): Promise<void> {
    const at = this.#refresh;
    if (at === undefined || performance.now() - at.last < at.age) return;
    at.last = performance.now();
    await at.refresh();
  }

  byId(id: number): Export | undefined {
    return this.#byId.get(id);
  }

  byName(name: string): Export | undefined {
    return this.#byName.get(name);
  }

  /** In the order of their ids. */
  all(): readonly Export[] {
    return [...this.#byId.values()].sort((a, b) => a.id - b.id);
  }
}
