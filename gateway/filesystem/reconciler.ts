/**
 * Writes what the store was seen to have into the tree, for every name that has no change of ours pending. Transactions
 * are short, however many names there are: in between others are served.
 */
import { setImmediate as othersFirst } from 'node:timers/promises';
import { tellsOf, type ListedName, type Span } from '../cache/listing.ts';
import { compareUtf8 } from '../database/key.ts';
import type { Database } from '../database/database.ts';
import type { ChangeLog, Watch } from '../staging/change-log.ts';
import type { Places } from '../staging/places.ts';
import type { Fileid, InodeRecord } from '../staging/records.ts';
import { nextChange, type Tree } from '../staging/tree.ts';
import type { Version } from '../store/object-store.ts';
import type { Export } from './exports.ts';
import { isName } from './names.ts';

export interface ReconcilerParts {
  readonly database: Database;
  readonly tree: Tree;
  readonly changes: ChangeLog;
  readonly places: Places;
  /** The inode has vanished from the store and from its directory. */
  readonly onVanished: (fileid: Fileid) => void;
  /** Somebody else has written the file: those who have it open stay on the version before. */
  readonly onReplaced: (fileid: Fileid, before: InodeRecord) => void;
}

/** A directory as a listing sees it. */
export interface Listed {
  readonly of: Export;
  readonly directory: Fileid;
  /** Logical; the export's prefix, or ends in `/`. */
  readonly key: string;
  /** Since the request was sent. */
  readonly watch: Watch;
}

/** Names that one transaction changes, at most. */
const names = 200;

export class Reconciler {
  readonly #parts: ReconcilerParts;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  /** @returns how many keys of the stretch no name can show */
  async takeSpan(listed: Listed, span: Span): Promise<number> {
    const { database } = this.#parts;
    const { directory, key, of } = listed;
    for (let after: string | undefined = ''; after !== undefined;) {
      const { missing, next }: { missing: string[]; next: string | undefined } = this.#missing(directory, span, after);
      await this.#takeNames(
        listed,
        missing.map((name) => [name, undefined] as const),
      );
      after = next;
    }
    let hidden = 0;
    const found: (readonly [string, ListedName])[] = [];
    for (const [name, what] of span.names) {
      const isBoth = what.object !== undefined && what.below === true;
      // A file of ours that gives way to a directory, or the other way round, is there for a while beside it.
      const isChanging = isBoth && [key + name, `${key}${name}/`].some((one) => this.#isOwnChange(listed, one));
      if (!isName(name) || (isBoth && !isChanging)) hidden++;
      if (isName(name)) found.push([name, what]);
    }
    await this.#takeNames(listed, found);
    if (span.from === undefined && key !== of.place.prefix)
      database.transact(() => this.#reconcileMarker(listed, span.marker));
    return hidden;
  }

  /** `what` undefined: the store has nothing of this name. */
  takeName(listed: Listed, name: string, what: ListedName | undefined): Promise<void> {
    return this.#takeNames(listed, [[name, what]]);
  }

  /** Some names of the tree that the stretch reaches over and has not, above `after`; `next` is where to look for more. */
  #missing(directory: Fileid, span: Span, after: string): { missing: string[]; next: string | undefined } {
    const { tree } = this.#parts;
    const { from, to, names: found } = span;
    const missing: string[] = [];
    const look = (name: string): void => {
      if (!found.has(name) && tellsOf(span, name)) missing.push(name);
    };
    if (after === '' && from !== undefined) {
      // Names before `from` whose place is after it are its beginnings.
      for (let length = 1; length <= from.length; length++) {
        const name = from.slice(0, length);
        if (tree.entry(directory, name) !== undefined) look(name);
      }
    }
    let seen = 0;
    const start = after === '' ? from : after;
    for (const { name } of tree.byName(directory, start)) {
      if (to !== undefined && compareUtf8(name, to) > 0) return { missing, next: undefined };
      look(name);
      if (++seen >= names * 5 || missing.length >= names) return { missing, next: name };
    }
    return { missing, next: undefined };
  }

  async #takeNames(listed: Listed, all: readonly (readonly [string, ListedName | undefined])[]): Promise<void> {
    const { database, tree } = this.#parts;
    for (let at = 0; at < all.length; at += names) {
      if (at > 0) await othersFirst();
      const full: (readonly [string, ListedName | undefined])[] = [];
      database.transact(() => {
        if (tree.get(listed.directory) === undefined) return;
        for (const [name, what] of all.slice(at, at + names))
          if (!this.#reconcileName(listed, name, what, true)) full.push([name, what]);
      });
      for (const [name, what] of full) await this.#empty(listed, name, what);
    }
  }

  /** A directory has vanished with what was in it, which may be much: from the bottom up, and the name last. */
  async #empty(listed: Listed, name: string, what: ListedName | undefined): Promise<void> {
    const { changes, database, tree } = this.#parts;
    const isOurs = (): boolean =>
      changes
        .aliases(listed.of.id, `${listed.key}${name}/`)
        .some((prefix) => changes.isPendingUnder(listed.of.id, prefix));
    const top = tree.entry(listed.directory, name)?.fileid;
    if (top === undefined) return;
    const path: Fileid[] = [top];
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const directory = at;
      let deeper: Fileid | undefined;
      const isDone = database.transact(() => {
        if (isOurs()) return undefined;
        const children = [...tree.byName(directory, undefined, names)];
        for (const { name: child, fileid } of children) {
          if (tree.hasEntries(fileid)) {
            deeper = fileid;
            return false;
          }
          this.#vanish(directory, child, fileid);
        }
        return children.length < names;
      });
      if (isDone === undefined) return;
      if (deeper !== undefined) path.push(deeper);
      else if (isDone) path.pop();
      await othersFirst();
    }
    database.transact(() => this.#reconcileName(listed, name, what, false));
  }

  /** Whether a listing is older than a change of ours to the key, or such a change is still to come: the tree knows better. */
  #isOwnChange({ of, watch }: Listed, key: string): boolean {
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
  #isOvertaken({ of, watch }: Listed, key: string, version: Version): boolean {
    const { changes, places } = this.#parts;
    const removal = changes.waitingRemove(of.id, key);
    if (removal?.holder === undefined || watch.isTouched(key) || changes.aliases(of.id, key).length > 1) return false;
    // An upload to the key whose answer was lost may be what the listing shows.
    if (!changes.isAlone(removal.sequence, key) || places.etagOf(removal) === version.etag) return false;
    changes.complete(removal.sequence);
    return true;
  }

  /**
   * Inside a transaction. `what` undefined: the store has nothing of this name.
   * @returns false where a directory that is not empty here would have to go first
   */
  #reconcileName(listed: Listed, name: string, what: ListedName | undefined, keepsFull: boolean): boolean {
    const { changes, tree } = this.#parts;
    const { directory, of } = listed;
    const key = listed.key + name;
    const isOvertaken = what?.object !== undefined && this.#isOvertaken(listed, key, what.object);
    if ((!isOvertaken && this.#isOwnChange(listed, key)) || this.#isOwnChange(listed, `${key}/`)) return true;
    const entry = tree.entry(directory, name);
    const record = entry === undefined ? undefined : tree.get(entry.fileid);
    const isDirectory = what?.below === true;
    if (entry !== undefined && record !== undefined) {
      if (record.localOnly === true || changes.isPublishPending(entry.fileid)) return true;
      if (what !== undefined && (record.type === 'directory') === isDirectory) {
        if (what.object !== undefined && !isDirectory) this.#seeVersion(of, entry.fileid, record, what.object);
        return true;
      }
      if (record.type === 'directory' && what === undefined && record.remote !== true) return true;
      if (tree.hasEntries(entry.fileid)) return !keepsFull;
      this.#vanish(directory, name, entry.fileid);
    }
    if (what === undefined) return true;
    const fileid = tree.add(this.#discovered(of, directory, name, isDirectory ? undefined : what.object));
    tree.link(directory, name, fileid);
    this.#touchDirectory(directory);
    return true;
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
      xattrs: undefined,
      target: undefined,
      device: undefined,
      change: nextChange(record.change),
    });
  }

  /** Inside a transaction: the marker object of the directory itself. */
  #reconcileMarker({ of, directory, key, watch }: Listed, version: Version | undefined): void {
    const { changes, places, tree } = this.#parts;
    const record = tree.get(directory);
    if (record === undefined) return;
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
    this.#parts.onVanished(fileid);
    this.#parts.tree.unlink(directory, name);
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
