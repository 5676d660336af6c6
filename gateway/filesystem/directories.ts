/**
 * Keeps the tree in line with the store: what a listing proves is written into the tree, for every name that has no
 * change of ours pending. Whoever needs a name or a whole directory asks here first; a listing that is fresh enough
 * answers at no request.
 */
import { listDirectory, ListedDirectory, listTree, type ListedName } from '../cache/listing.ts';
import { Walks } from '../cache/walks.ts';
import type { Database } from '../database/database.ts';
import type { Fileid, InodeRecord } from '../staging/records.ts';
import { gatewayRoot, nextChange, type Tree } from '../staging/tree.ts';
import type { Log } from '../log.ts';
import type { ChangeLog, Watch } from '../staging/change-log.ts';
import type { Notices } from '../staging/notices.ts';
import type { Places } from '../staging/places.ts';
import { StoreError, type Version } from '../store/object-store.ts';
import type { Export, Exports } from './exports.ts';
import { isName } from './names.ts';

/** What is known of a directory in the store. Times are milliseconds of a monotonic clock. */
interface Knowledge {
  /** Start of the last listing that went to the end. */
  listed: number | undefined;
  /** Names that were looked up by themselves, because the directory is too large to list for one. */
  readonly names: Map<string, number>;
  /** The last listing had more than one page. */
  large: boolean;
  /** The store could not be asked; what was known before goes on to count until this is over. */
  failed: number | undefined;
  /** Keys that no name can show. */
  hidden: number;
}

/** Directories of which something is remembered; the oldest are forgotten. */
const maxDirectories = 10_000;
const maxNames = 1000;

/** Milliseconds that a listing of a large directory counts when only its attributes are asked for. */
const largeAge = 60_000;

/** Milliseconds after a failure in which the store is not asked again for what is known. */
const failurePause = 2000;

/** Pages of a flat listing: a larger tree is listed directory by directory. */
const maxTreePages = 20;

export interface DirectoriesParts {
  readonly database: Database;
  readonly tree: Tree;
  readonly changes: ChangeLog;
  readonly places: Places;
  readonly exports: Exports;
  readonly notices: Notices;
  readonly log: Log;
  /** The inode has vanished from the store and from its directory. */
  readonly onVanished: (fileid: Fileid) => void;
  /** Somebody else has written the file: those who have it open stay on the version before. */
  readonly onReplaced: (fileid: Fileid, before: InodeRecord) => void;
}

export class Directories {
  readonly #parts: DirectoriesParts;
  readonly #known = new Map<Fileid, Knowledge>();
  readonly #listings = new Map<Fileid, Promise<void>>();
  readonly #walks = new Walks<Fileid>();
  /** Flat listings that are under way, by the directory at their top. */
  readonly #trees = new Map<Fileid, Promise<boolean>>();

  constructor(parts: DirectoriesParts) {
    this.#parts = parts;
  }

  /** The next question about the directory is answered by the store. */
  invalidate(directory: Fileid): void {
    this.#known.delete(directory);
  }

  /** Everything in the directory is known at this moment. */
  know(directory: Fileid): void {
    this.#knowledge(directory).listed = performance.now();
  }

  /** Whether the directory has keys that no name can show: then it is not empty, whatever it looks like. */
  hasHidden(directory: Fileid): boolean {
    return (this.#known.get(directory)?.hidden ?? 0) > 0;
  }

  /** Brings the tree up to date for one name of the directory. @throws StoreError where nothing was known before */
  async ensureName(directory: Fileid, name: string): Promise<void> {
    const of = this.#remote(directory);
    if (of === undefined || !isName(name) || this.#isOurs(directory, name)) return;
    const known = this.#known.get(directory);
    if (this.#isFresh(of, known?.listed) || this.#isFresh(of, known?.names.get(name))) return;
    const isKnown = known?.listed !== undefined || this.#parts.tree.entry(directory, name) !== undefined;
    await this.#ask(directory, isKnown, () =>
      known?.large === true ? this.#probe(of, directory, name) : this.#listOnce(of, directory, name),
    );
  }

  /**
   * Brings the tree up to date for the whole directory.
   * @throws StoreError where nothing was known before
   */
  async ensureListed(directory: Fileid): Promise<void> {
    const of = this.#remote(directory);
    const listed = this.#known.get(directory)?.listed;
    if (of === undefined || this.#isFresh(of, listed)) return;
    await this.#ask(directory, listed !== undefined, () => this.#listOnce(of, directory));
  }

  /** As `ensureListed`, for a directory that somebody has read before; a large one less often. */
  async refresh(directory: Fileid): Promise<void> {
    const known = this.#known.get(directory);
    const of = this.#remote(directory);
    if (of === undefined || known?.listed === undefined || this.#isFresh(of, known.listed)) return;
    if (known.large && performance.now() - known.listed < largeAge) return;
    await this.ensureListed(directory);
  }

  /** The export of a directory that the store may know more of. */
  #remote(directory: Fileid): Export | undefined {
    const record = this.#parts.tree.get(directory);
    return record?.remote === true ? this.#parts.exports.byId(record.export) : undefined;
  }

  #isFresh({ configuration }: Export, since: number | undefined): boolean {
    return since !== undefined && since >= performance.now() - configuration.metadataTtl * 1000;
  }

  /** A store that cannot be reached is no error where an earlier answer is known: that goes on to count. */
  async #ask(directory: Fileid, isKnown: boolean, question: () => Promise<void>): Promise<void> {
    const known = this.#known.get(directory);
    if (isKnown && known?.failed !== undefined && performance.now() - known.failed < failurePause) return;
    try {
      await question();
      this.#knowledge(directory).failed = undefined;
    } catch (error) {
      if (!isKnown || !(error instanceof StoreError) || !error.heals) throw error;
      this.#knowledge(directory).failed = performance.now();
      this.#parts.log.warn({ code: error.code }, error.message);
    }
  }

  /** The name's state is decided here alone, whatever the store says. */
  #isOurs(directory: Fileid, name: string): boolean {
    const { changes, tree } = this.#parts;
    const entry = tree.entry(directory, name);
    if (entry === undefined) return false;
    return changes.isPublishPending(entry.fileid) || tree.get(entry.fileid)?.localOnly === true;
  }

  /**
   * One listing for all who need it at the same time.
   * @param only a name: where the directory turns out to be large, just that is looked up
   */
  async #listOnce(of: Export, directory: Fileid, only?: string): Promise<void> {
    const running = this.#listings.get(directory);
    if (running === undefined) {
      const listing = this.#list(of, directory, only).finally(() => this.#listings.delete(directory));
      this.#listings.set(directory, listing);
      return listing;
    }
    const before = this.#known.get(directory)?.listed;
    await running;
    // Another's listing may have been cut short for its one name.
    if (this.#known.get(directory)?.listed !== before) return;
    if (only === undefined) await this.#listOnce(of, directory);
    else await this.#probe(of, directory, only);
  }

  #knowledge(directory: Fileid): Knowledge {
    let known = this.#known.get(directory);
    if (known === undefined) {
      known = { listed: undefined, names: new Map(), large: false, failed: undefined, hidden: 0 };
      this.#known.set(directory, known);
      for (const oldest of this.#known.keys()) {
        if (this.#known.size <= maxDirectories) break;
        this.#known.delete(oldest);
      }
    }
    return known;
  }

  async #list(of: Export, directory: Fileid, only: string | undefined): Promise<void> {
    if (only === undefined && (await this.#listWalked(of, directory))) return;
    const { changes, places } = this.#parts;
    const start = performance.now();
    const key = places.keyOf(directory);
    if (key === undefined) return;
    const watch = changes.watch(of.id);
    try {
      const prefix = places.physical(of.id, key);
      const found = await listDirectory(of.place.store, prefix, only === undefined ? undefined : 1);
      if (found !== undefined) this.#take(of, directory, key, found, watch, start);
      else {
        this.#knowledge(directory).large = true;
        await this.#probe(of, directory, only ?? '');
      }
    } finally {
      watch.end();
    }
    // Whoever asked will be given filehandles of what was found, and they are for ever.
    await this.#parts.database.durable();
  }

  /** Where somebody walks through the tree around the directory, one flat listing answers all of it. @returns whether it did */
  async #listWalked(of: Export, directory: Fileid): Promise<boolean> {
    const { changes, places, tree } = this.#parts;
    const start = performance.now();
    const parent = tree.get(directory)?.parent;
    if (parent === undefined || parent === 0 || parent === gatewayRoot || !this.#walks.isWalk(parent, start))
      return false;
    const key = places.keyOf(parent);
    if (key === undefined) return false;
    const running = this.#trees.get(parent);
    if (running !== undefined) return running;
    const watch = changes.watch(of.id);
    const walk = listTree(of.place.store, places.physical(of.id, key), maxTreePages)
      .then((found) => {
        if (found === undefined) this.#walks.giveUp(parent);
        else this.#take(of, parent, key, found, watch, start);
        return found !== undefined;
      })
      .finally(() => {
        watch.end();
        this.#trees.delete(parent);
      });
    this.#trees.set(parent, walk);
    return walk;
  }

  /** Writes a listing into the tree, and with a flat one everything below. */
  #take(of: Export, directory: Fileid, key: string, found: ListedDirectory, watch: Watch, start: number): void {
    const { places, tree } = this.#parts;
    // Renamed meanwhile: what was listed is somebody else's prefix now. It remains to be asked again.
    if (places.keyOf(directory) !== key) return;
    this.#reconcile(of, directory, key, found, watch);
    const known = this.#knowledge(directory);
    known.listed = start;
    known.large = found.names.size >= 1000;
    this.#countHidden(of, known, key, found, watch);
    for (const [name, { below }] of found.names) {
      const entry = below instanceof ListedDirectory ? tree.entry(directory, name) : undefined;
      if (entry === undefined || tree.get(entry.fileid)?.type !== 'directory' || !(below instanceof ListedDirectory))
        continue;
      const child = `${key}${name}/`;
      // A directory that is being renamed has its keys elsewhere.
      if (places.physical(of.id, child) === places.physical(of.id, key) + `${name}/`)
        this.#take(of, entry.fileid, child, below, watch, start);
    }
  }

  /** Keys that no name can show are never lost: they are counted and reported. */
  #countHidden(of: Export, known: Knowledge, key: string, found: ListedDirectory, watch: Watch): void {
    let hidden = 0;
    for (const [name, { object, below }] of found.names) {
      const isBoth = object !== undefined && below !== undefined;
      // A file of ours that gives way to a directory, or the other way round, is there for a while beside it.
      const isChanging = isBoth && [key + name, `${key}${name}/`].some((one) => this.#isOwnChange(of, one, watch));
      if (!isName(name) || (isBoth && !isChanging)) hidden++;
    }
    if (hidden > 0 && known.hidden !== hidden) {
      this.#parts.notices.add({
        kind: 'hidden',
        export: of.id,
        key,
        message: `${hidden} keys below ${key === '' ? 'the top of the bucket' : key} cannot be shown as files: another name hides them, or no file can have theirs. Rename them with an S3 tool to see them here.`,
      });
    }
    known.hidden = hidden;
  }

  /** One name of a directory that is too large to be listed for it. */
  async #probe(of: Export, directory: Fileid, name: string): Promise<void> {
    const { changes, places } = this.#parts;
    const start = performance.now();
    const key = places.keyOf(directory);
    if (key === undefined) return;
    const physical = places.physical(of.id, key + name);
    const watch = changes.watch(of.id);
    try {
      const { store } = of.place;
      const [object, below] = await Promise.all([
        store.head(physical),
        store.list({ prefix: `${physical}/`, limit: 1 }),
      ]);
      const what: ListedName = {};
      if (object !== undefined) what.object = object.version;
      if (below.objects.length > 0) what.below = true;
      const isThere = what.object !== undefined || what.below !== undefined;
      this.#parts.database.transact(() =>
        this.#reconcileName(of, directory, key, name, isThere ? what : undefined, watch),
      );
    } finally {
      watch.end();
    }
    const { names } = this.#knowledge(directory);
    names.set(name, start);
    for (const oldest of names.keys()) {
      if (names.size <= maxNames) break;
      names.delete(oldest);
    }
  }

  #reconcile(of: Export, directory: Fileid, key: string, found: ListedDirectory, watch: Watch): void {
    const { database, tree } = this.#parts;
    database.transact(() => {
      if (tree.get(directory) === undefined) return;
      const missing = [...tree.byName(directory)].filter(({ name }) => !found.names.has(name));
      for (const { name } of missing) this.#reconcileName(of, directory, key, name, undefined, watch);
      for (const [name, what] of found.names) {
        if (isName(name)) this.#reconcileName(of, directory, key, name, what, watch);
      }
      this.#reconcileMarker(of, directory, key, found.marker, watch);
    });
  }

  /** Whether a listing is older than a change of ours to the key, or such a change is still to come: the tree knows better. */
  #isOwnChange(of: Export, key: string, watch: Watch): boolean {
    const { changes } = this.#parts;
    const isPrefix = key.endsWith('/');
    return changes
      .aliases(of.id, key)
      .some((name) =>
        isPrefix
          ? watch.isTouchedUnder(name) || changes.isPendingUnder(of.id, name)
          : watch.isTouched(name) || changes.isPending(of.id, name),
      );
  }

  /**
   * Inside a transaction: whether all that is pending for the key is the removal of what somebody has open here, and
   * others have written the key meanwhile. Then nothing is left to remove, and the name is theirs.
   */
  #isOvertaken(of: Export, key: string, version: Version, watch: Watch): boolean {
    const { changes, places } = this.#parts;
    const removal = changes.waitingRemove(of.id, key);
    if (removal?.holder === undefined || watch.isTouched(key) || changes.aliases(of.id, key).length > 1) return false;
    if (changes.following(removal.sequence, key) !== undefined || places.etagOf(removal) === version.etag) return false;
    changes.complete(removal.sequence);
    return true;
  }

  /** Inside a transaction. `what` undefined: the store has nothing of this name. */
  #reconcileName(
    of: Export,
    directory: Fileid,
    prefix: string,
    name: string,
    what: ListedName | undefined,
    watch: Watch,
  ): void {
    const { changes, tree } = this.#parts;
    const key = prefix + name;
    const isOvertaken = what?.object !== undefined && this.#isOvertaken(of, key, what.object, watch);
    if ((!isOvertaken && this.#isOwnChange(of, key, watch)) || this.#isOwnChange(of, `${key}/`, watch)) return;
    const entry = tree.entry(directory, name);
    const record = entry === undefined ? undefined : tree.get(entry.fileid);
    const isDirectory = what?.below !== undefined;
    if (entry !== undefined && record !== undefined) {
      if (record.localOnly === true || changes.isPublishPending(entry.fileid)) return;
      if (what !== undefined && (record.type === 'directory') === isDirectory) {
        if (what.object !== undefined && !isDirectory) this.#seeVersion(of, entry.fileid, record, what.object);
        return;
      }
      if (record.type === 'directory' && what === undefined && record.remote !== true) return;
      this.#vanish(directory, name, entry.fileid);
    }
    if (what === undefined) return;
    const fileid = tree.add(this.#discovered(of, directory, name, isDirectory ? undefined : what.object));
    tree.link(directory, name, fileid);
    this.#touchDirectory(directory);
  }

  /** Inside a transaction: the object has this version now. */
  #seeVersion(of: Export, fileid: Fileid, record: InodeRecord, version: Version): void {
    const { changes, places, tree } = this.#parts;
    const { object } = record;
    if (object !== undefined) {
      const known = places.versionOf(object);
      const isSame = known.etag === version.etag && known.size === version.size;
      if (isSame && known.lastModified === version.lastModified) return;
      if (isSame && object.unconfirmed === true) {
        // Our own upload: the store's time is now known, be it that of the object that is about to be moved.
        const told = { ...known, lastModified: version.lastModified };
        const isMoving = object.moved !== undefined && changes.isMoving(object.moved.sequence);
        tree.update(fileid, { object: isMoving ? { ...object, version: told } : { version: told } });
        return;
      }
    }
    this.#parts.onReplaced(fileid, record);
    // Nothing of what was known of the version before is true of this one.
    const discovered = this.#discovered(of, record.parent as Fileid, record.name, version);
    tree.update(fileid, {
      ...discovered,
      metadata: undefined,
      target: undefined,
      device: undefined,
      change: nextChange(record.change),
    });
  }

  /** Inside a transaction: the marker object of the directory itself. */
  #reconcileMarker(of: Export, directory: Fileid, key: string, version: Version | undefined, watch: Watch): void {
    const { changes, places, tree } = this.#parts;
    const record = tree.get(directory);
    if (record === undefined || key === of.place.prefix) return;
    if (changes.aliases(of.id, key).some((name) => watch.isTouched(name) || changes.isPending(of.id, name))) return;
    if (version === undefined) {
      if (record.object !== undefined) tree.update(directory, { object: undefined });
      return;
    }
    const known = record.object === undefined ? undefined : places.versionOf(record.object);
    if (known?.etag === version.etag) {
      if (known.lastModified === version.lastModified) return;
      if (record.object?.unconfirmed === true) {
        tree.update(directory, { object: { version } });
        return;
      }
    }
    tree.update(directory, { object: { version }, described: !of.readsMetadata });
  }

  #discovered(of: Export, parent: Fileid, name: string, version: Version | undefined): InodeRecord {
    const { configuration } = of;
    const now = BigInt(Date.now()) * 1_000_000n;
    const time = version === undefined ? now - (now % 1_000_000_000n) : BigInt(version.lastModified) * 1_000_000_000n;
    return {
      type: version === undefined ? 'directory' : 'file',
      export: of.id,
      parent,
      name,
      mode: version === undefined ? configuration.directoryMode : configuration.fileMode,
      uid: configuration.uid,
      gid: configuration.gid,
      size: version?.size ?? 4096,
      atime: time,
      mtime: time,
      ctime: time,
      change: Date.now() * 1000,
      described: !of.readsMetadata,
      ...(version === undefined ? { remote: true } : { object: { version } }),
    };
  }

  /** Inside a transaction: somebody else has deleted it. */
  #vanish(directory: Fileid, name: string, fileid: Fileid): void {
    const { tree } = this.#parts;
    for (const child of [...tree.byName(fileid)]) this.#vanish(fileid, child.name, child.fileid);
    this.#parts.onVanished(fileid);
    tree.unlink(directory, name);
    this.#touchDirectory(directory);
  }

  #touchDirectory(directory: Fileid): void {
    const { tree } = this.#parts;
    const record = tree.get(directory);
    if (record === undefined) return;
    const now = BigInt(Date.now()) * 1_000_000n;
    tree.update(directory, { mtime: now, ctime: now, change: nextChange(record.change) });
  }
}
