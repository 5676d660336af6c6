/**
 * Sends parts of large files while they are still being written, so that not everything is left for their close. A part
 * has settled when it is whole, lies in staging, and was the same at two looks; what is written over it afterwards is
 * noticed at the publish, and sent again. Nothing is to be seen at the store before that publish completes the upload.
 */
import { randomUUID } from 'node:crypto';
import type { Log } from '../log.ts';
import type { ObjectMetadata, StoreLimits } from '../store/object-store.ts';
import type { ChangeLog } from './change-log.ts';
import { Extents } from './extents.ts';
import type { ContentView } from './content.ts';
import type { Multiparts } from './multiparts.ts';
import type { PartUpload } from './part-upload.ts';
import { layoutFor, multipartThreshold, slotsOf, type Slot } from './parts.ts';
import type { Places } from './places.ts';
import { contentKey, writePosixMetadata } from './posix-metadata.ts';
import { metadataOf } from './publish-state.ts';
import type { Fileid, InodeRecord } from './records.ts';
import type { StagedFiles } from './staged-files.ts';
import type { Tree } from './tree.ts';

export interface EarlyPartsOptions {
  readonly tree: Tree;
  readonly changes: ChangeLog;
  readonly files: StagedFiles;
  readonly places: Places;
  readonly multiparts: Multiparts;
  readonly upload: PartUpload;
  readonly log: Log;
  readonly isPaused: () => boolean;
  /** Milliseconds between two looks. */
  readonly settle: number;
}

/** Parts that are sent at a time, of all files; uploads that are due take four each. */
const atOnce = 2;

/** Parts that are looked at, from the first that has not been sent. */
const lookahead = 32;

/**
 * How many times as long as parts take to settle a file is written before its first ones are sent. What is written faster
 * is better sent at its close: with the attributes that it has then, which what was begun before is given by a copy.
 */
const beginPatience = 10;

/** Milliseconds without tries after one has failed. */
const patience = 30_000;

/** Names that programs give to what they rename when it is complete: parts for such a key would be sent in vain. */
const temporaryName = /^[.~#]|~$|\.(?:part|partial|crdownload|download|filepart|tmp|temp|swp)$/i;

interface Watched {
  /** Number of the first part that was not sent. */
  next: number;
  /** By number of the part: what it was at the last look. */
  seen: Map<number, string>;
  /** Milliseconds since the epoch. */
  notBefore: number;
}

interface Settled {
  readonly slot: Slot;
  readonly fingerprint: string;
}

export class EarlyParts {
  readonly #options: EarlyPartsOptions;
  readonly #watched = new Map<Fileid, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(options: EarlyPartsOptions) {
    this.#options = options;
  }

  /** The file is being written by somebody who has it open. */
  written(fileid: Fileid): void {
    if (this.#watched.has(fileid) || this.#stopped) return;
    const record = this.#options.tree.get(fileid);
    if (record === undefined || record.size <= multipartThreshold || !isSuitable(record)) return;
    const notBefore = Date.now() + beginPatience * this.#options.settle;
    this.#watched.set(fileid, { next: 1, seen: new Map(), notBefore });
    this.#wait();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #wait(): void {
    if (this.#stopped || this.#looking !== undefined || this.#watched.size === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#looking = this.#lookAtAll().finally(() => {
        this.#looking = undefined;
        this.#wait();
      });
    }, this.#options.settle);
    this.#timer.unref();
  }

  async #lookAtAll(): Promise<void> {
    for (const [fileid, watched] of [...this.#watched]) {
      if (this.#stopped) return;
      const record = this.#options.tree.get(fileid);
      const isPending = this.#options.changes.isPublishPending(fileid);
      if (record === undefined || !isPending || !isSuitable(record)) this.#watched.delete(fileid);
      else if (this.#waiting(fileid) === undefined) watched.seen.clear();
      else if (!this.#options.isPaused() && Date.now() >= watched.notBefore) await this.#look(fileid, watched);
    }
  }

  /** The one publish of the file, where it has not begun: an earlier one may still be under way, with an empty file maybe. */
  #waiting(fileid: Fileid): number | undefined {
    const { changes, places, tree } = this.#options;
    const waiting = changes.waitingPublish(fileid);
    const record = tree.get(fileid);
    if (waiting === undefined || record === undefined || !isSuitable(record)) return undefined;
    if (changes.publishesOf(fileid).length !== 1 || places.get(record.export) === undefined) return undefined;
    return places.isTarget(waiting, changes.targetOf(waiting.sequence)) ? waiting.sequence : undefined;
  }

  async #look(fileid: Fileid, watched: Watched): Promise<void> {
    const { files, log, multiparts, places, tree } = this.#options;
    const record = tree.require(fileid);
    const { limits } = places.require(record.export).store;
    const view = viewOf(fileid, record, files.get(fileid)?.extents);
    const settled: Settled[] = [];
    const seen = new Map<number, string>();
    for (const slot of wholeSlots(view, limits, watched.next)) {
      const fingerprint = this.#fingerprint(view, slot);
      if (fingerprint === undefined) continue;
      if (multiparts.sent(fileid, slot.number, fingerprint) !== undefined) {
        if (slot.number === watched.next) watched.next++;
      } else {
        seen.set(slot.number, fingerprint);
        if (watched.seen.get(slot.number) === fingerprint) settled.push({ slot, fingerprint });
      }
    }
    watched.seen = seen;
    try {
      // A publish that has become due goes on after two parts at most.
      for (let at = 0; at < settled.length && !this.#stopped && !this.#options.isPaused(); at += atOnce)
        await multiparts.exclusively(fileid, () => this.#send(fileid, settled.slice(at, at + atOnce)));
    } catch (error) {
      // What is wrong is told when the file is published, if it is still wrong then.
      log.debug({ error }, 'A part of a file that is being written could not be sent; it is sent later.');
      watched.notBefore = Date.now() + patience;
    }
  }

  /** undefined: some of the part is not in staging, and S3 may have it already. */
  #fingerprint(view: ContentView, { offset, length }: Slot): string | undefined {
    for (const { extent } of (view.extents ?? Extents.empty).pieces(offset, length))
      if (extent === undefined || !('segment' in extent)) return undefined;
    return this.#options.upload.fingerprint(view, offset, length);
  }

  async #send(fileid: Fileid, settled: readonly Settled[]): Promise<void> {
    const { changes, files, multiparts, places, upload } = this.#options;
    const frozen = await files.get(fileid)?.freeze();
    if (frozen === undefined) return;
    try {
      const sequence = this.#waiting(fileid);
      if (sequence === undefined) return;
      const { record } = frozen;
      const view: ContentView = { fileid, export: record.export, ...frozen };
      const begun = await multiparts.open(fileid, {
        export: record.export,
        key: changes.targetOf(sequence),
        ...this.#beginning(fileid, record),
      });
      const sends = settled
        .filter(({ slot, fingerprint }) => this.#fingerprint(view, slot) === fingerprint)
        .map(({ slot }) => upload.sendPart(places.require(record.export), begun, view, slot));
      const failed = (await Promise.allSettled(sends)).find((one) => one.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    } finally {
      frozen.end();
      // It may have been removed while its upload was being begun.
      if (!changes.isPublishPending(fileid)) multiparts.abandon(fileid);
    }
  }

  /** What the upload is begun with; its size is not known yet, so no mark tells it. */
  #beginning(fileid: Fileid, record: InodeRecord): { readonly metadata: ObjectMetadata; readonly writeId: string } {
    const begun = this.#options.multiparts.get(fileid);
    if (begun !== undefined) return begun;
    const writeId = randomUUID();
    const written = writePosixMetadata(record, metadataOf(record), writeId);
    const { [contentKey]: _, ...user } = written.user;
    return { metadata: { ...written, user }, writeId };
  }
}

/** Whether parts of it may be sent ahead: its name will stay, and what a rewrite has to repeat is known. */
function isSuitable({ type, name, parent, localOnly, metadata, object }: InodeRecord): boolean {
  if (type !== 'file' || parent === 0 || localOnly === true || temporaryName.test(name)) return false;
  return object === undefined || metadata !== undefined;
}

function viewOf(fileid: Fileid, record: InodeRecord, extents: Extents | undefined): ContentView {
  const { export: exportId, staged, size, object } = record;
  return { fileid, export: exportId, extents, baseLength: staged?.baseLength ?? size, size, object };
}

/** Slots from number `first` on that end before the end of the file, which may still move. */
function* wholeSlots(view: ContentView, limits: StoreLimits, first: number): Generator<Slot> {
  for (const slot of slotsOf(layoutFor(view.size, limits), view.size)) {
    if (slot.number < first) continue;
    if (slot.number >= first + lookahead || slot.offset + slot.length >= view.size) return;
    yield slot;
  }
}
