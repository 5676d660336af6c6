/** Sends the bytes of one generation of a file: in one PUT where they are few, else in parts. */
import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { crc32 } from 'node:zlib';
import { Reader } from '../cache/read-ahead.ts';
import type { Database } from '../database/database.ts';
import type { Bandwidth } from './bandwidth.ts';
import {
  StoreError,
  type Body,
  type ByteRange,
  type Condition,
  type ObjectMetadata,
  type Part,
  type Pin,
  type StoreLimits,
  type Version,
} from '../store/object-store.ts';
import type { ChangeLog } from './change-log.ts';
import { baseLimit, type Content, type ContentView } from './content.ts';
import { Extents } from './extents.ts';
import type { Loans } from './loans.ts';
import type { MultipartRecord, Multiparts } from './multiparts.ts';
import { fingerprintOf } from './part-fingerprint.ts';
import { multipartThreshold, planParts, type PlannedPart, type Slot } from './parts.ts';
import type { Place, Places } from './places.ts';
import { contentKey, contentMark, writeIdKey } from './posix-metadata.ts';
import { Meter, type ProgressBoard } from './progress.ts';
import type { Fileid, PublishChange } from './records.ts';

/** Bytes read from staging at a time. */
export const readSize = 1024 * 1024;

/** Parts of one file that are sent at the same time. */
const partConcurrency = 4;

export interface PartUploadParts {
  readonly database: Database;
  readonly changes: ChangeLog;
  readonly content: Content;
  readonly loans: Loans;
  readonly multiparts: Multiparts;
  readonly places: Places;
  readonly bandwidth: Bandwidth;
  readonly progress: ProgressBoard;
}

export interface ContentUpload {
  /** Of the publish that it belongs to. */
  readonly sequence: number;
  readonly place: Place;
  /** The key that is written. */
  readonly physical: string;
  readonly condition: Condition;
  readonly metadata: ObjectMetadata;
  /** Of the content. */
  readonly generation: number;
}

export interface Sent {
  readonly version: Version;
  /** The object has the metadata of an earlier moment, and is to be given those of now. */
  readonly isStale: boolean;
}

export class PartUpload {
  readonly #parts: PartUploadParts;

  constructor(parts: PartUploadParts) {
    this.#parts = parts;
  }

  /** @param view a frozen generation @throws StoreError, StagingError */
  async send(upload: ContentUpload, view: ContentView): Promise<Sent> {
    const { loans, progress } = this.#parts;
    const { place, physical, metadata, condition, sequence } = upload;
    const copied = wholeLoan(view);
    if (copied !== undefined && loans.locate(copied).version.size === view.size) {
      const { key: sourceKey, version } = loans.locate(copied);
      const pin = pinOf(version);
      const copy = { sourceKey, pin, targetKey: physical, size: view.size, metadata, condition };
      return { version: await place.store.copy(copy), isStale: false };
    }
    const meter = progress.begin(sequence, view.size);
    try {
      if (view.size > multipartThreshold) return await this.#sendParts(upload, view, meter);
      const body = await this.#body(view, { offset: 0, length: view.size }, meter);
      const user = { ...metadata.user, [contentKey]: contentMark(view.size, await crcOf(body)) };
      const put = { key: physical, body, metadata: { ...metadata, user }, condition };
      const version = await place.store.put(put);
      if (Buffer.isBuffer(body)) this.#parts.content.keep({ store: place.store, key: physical, version }, body);
      return { version, isStale: false };
    } finally {
      progress.end(sequence);
    }
  }

  /** @returns the version, and whether its metadata are those that it was to have: an earlier attempt may have begun it with others */
  #sendParts(upload: ContentUpload, view: ContentView, meter: Meter): Promise<Sent> {
    const { multiparts } = this.#parts;
    return multiparts.exclusively(view.fileid, async () => {
      const { condition, place, physical, metadata, sequence } = upload;
      const { multipart } = place.store;
      const writeId = metadata.user[writeIdKey] ?? '';
      const before = multiparts.get(view.fileid)?.uploadId;
      const begun = await multiparts.open(view.fileid, { export: view.export, key: physical, metadata, writeId });
      try {
        const { uploadId } = begun;
        const parts = await this.#sendAll(upload, view, meter, uploadId);
        const isStale = !isDeepStrictEqual(begun.metadata, metadata);
        await this.#remember(sequence, { size: view.size, generation: upload.generation, isStale });
        const version = await multipart.complete({ key: physical, uploadId, parts, condition });
        this.#parts.database.transact(() => multiparts.forget(view.fileid));
        return { version, isStale };
      } catch (error) {
        throw this.#broken(view.fileid, error, begun.uploadId === before);
      }
    });
  }

  /** Why an attempt ended: what has arrived is kept, unless the store will not have it. */
  #broken(fileid: Fileid, error: unknown, isResumed: boolean): unknown {
    const { multiparts } = this.#parts;
    // It may have been completed all the same, or parts of it may be gone: the next attempt asks.
    multiparts.doubt(fileid);
    if (!(error instanceof StoreError)) return error;
    if (error.code === 'NoSuchUpload')
      return new StoreError('Unavailable', 'The store has dropped the parts of an upload; they are sent again.', {
        cause: error,
      });
    if (error.code !== 'InvalidRequest') return error;
    multiparts.abandon(fileid);
    // Where parts of an earlier attempt were to blame, one that sends everything itself succeeds.
    return isResumed ? new StoreError('Unavailable', error.message, { cause: error }) : error;
  }

  /** Sends what has not arrived yet; where one part fails, those under way end and are kept. */
  async #sendAll(
    { place, physical }: ContentUpload,
    view: ContentView,
    meter: Meter,
    uploadId: string,
  ): Promise<readonly Part[]> {
    const { loans, multiparts, places } = this.#parts;
    const { multipart, limits } = place.store;
    const source = view.object === undefined ? undefined : places.locate(view.fileid, view.export, view.object);
    const planned = partsOf(view, limits);
    const parts: Part[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      for (let index = next++; index < planned.length; index = next++) {
        const part = planned[index];
        if (part === undefined) return;
        const { number, offset, length } = part;
        const fingerprint = this.fingerprint(view, offset, length);
        const sent = multiparts.sent(view.fileid, number, fingerprint);
        if (sent !== undefined) {
          meter.add(length);
          parts[index] = sent;
          continue;
        }
        const common = { key: physical, uploadId, partNumber: number };
        const from = part.borrowed === undefined ? source : loans.locate(part.borrowed.loan);
        const range = { offset: part.borrowed?.position ?? offset, length };
        if (part.copy && from !== undefined) {
          parts[index] = await multipart.copyPart({ ...common, sourceKey: from.key, pin: pinOf(from.version), range });
          meter.add(length);
        } else {
          parts[index] = await multipart.uploadPart({
            ...common,
            body: await this.#body(view, { offset, length }, meter),
          });
        }
        multiparts.keep(view.fileid, uploadId, { ...(parts[index] as Part), offset }, fingerprint);
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: partConcurrency }, work));
    const failed = ended.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return parts;
  }

  /** One part, whole in staging, ahead of the publish. @throws StoreError, StagingError */
  async sendPart({ store }: Place, upload: MultipartRecord, view: ContentView, slot: Slot): Promise<void> {
    const { key, uploadId } = upload;
    const { number, offset, length } = slot;
    const body = await this.#body(view, slot, new Meter(length, () => undefined));
    const part = await store.multipart.uploadPart({ key, uploadId, partNumber: number, body });
    this.#parts.multiparts.keep(view.fileid, uploadId, { ...part, offset }, this.fingerprint(view, offset, length));
  }

  fingerprint(view: ContentView, offset: number, length: number): string {
    return fingerprintOf(view, offset, length, this.#parts);
  }

  /** What an answer that gets lost would have told. */
  async #remember(sequence: number, completes: NonNullable<PublishChange['completes']>): Promise<void> {
    const { changes, database } = this.#parts;
    database.transact(() => {
      const change = changes.get(sequence);
      if (change?.kind === 'publish') changes.replace(sequence, { ...change, completes });
    });
    await database.durable();
  }

  /**
   * Begins to read what `send` will have to read of the file's own object, if anything: the answer tells its metadata too.
   * @throws StoreError
   */
  async begin(view: ContentView): Promise<void> {
    const { limits } = this.#parts.places.require(view.export).store;
    for (const { copy, offset, length } of partsOf(view, limits)) {
      if (copy) continue;
      for (const piece of (view.extents ?? Extents.empty).pieces(offset, length)) {
        if (piece.extent !== undefined || piece.offset >= baseLimit(view)) continue;
        await this.#parts.content.read(view, piece.offset, 1, new Reader(offset + length));
        return;
      }
    }
  }

  /** Bytes of the view: small ones at hand, more of them read again for every try. */
  async #body(view: ContentView, { offset, length }: ByteRange, meter: Meter): Promise<Body> {
    const { bandwidth, content } = this.#parts;
    if (length <= readSize) {
      const bytes = Buffer.concat(await content.read(view, offset, length));
      await bandwidth.take(length);
      meter.add(length);
      return bytes;
    }
    let sent = 0;
    async function* read(): AsyncGenerator<Buffer> {
      const reader = new Reader(offset + length);
      for (let at = 0; at < length; at += readSize) {
        yield* await content.read(view, offset + at, Math.min(readSize, length - at), reader);
      }
    }
    async function* send(): AsyncGenerator<Buffer> {
      meter.add(-sent);
      sent = 0;
      for await (const bytes of read()) {
        for (let rest = bytes; rest.length > 0;) {
          const piece = rest.subarray(0, bandwidth.piece);
          rest = rest.subarray(piece.length);
          await bandwidth.take(piece.length);
          sent += piece.length;
          meter.add(piece.length);
          yield piece;
        }
      }
    }
    return {
      size: length,
      open: (purpose) => Readable.from(purpose === 'digest' ? read() : send(), { objectMode: false }),
    };
  }
}

/** How it is sent: in one PUT, or in these parts. */
function partsOf(view: ContentView, limits: StoreLimits): readonly PlannedPart[] {
  if (view.size <= multipartThreshold) return [{ number: 1, copy: false, offset: 0, length: view.size }];
  return planParts(view.size, view.extents ?? Extents.empty, baseLimit(view), limits);
}

/** The loan that all of the content is, from its start. */
export function wholeLoan({ extents, size }: Pick<ContentView, 'extents' | 'size'>): number | undefined {
  const [extent, ...others] = extents?.list ?? [];
  if (extent === undefined || others.length > 0 || !('loan' in extent)) return undefined;
  return extent.offset === 0 && extent.position === 0 && extent.length === size ? extent.loan : undefined;
}

function pinOf({ etag, versionId }: Version): Pin {
  return versionId === undefined ? { etag } : { etag, versionId };
}

async function crcOf(body: Body): Promise<number> {
  if (Buffer.isBuffer(body)) return crc32(body);
  let crc = 0;
  for await (const chunk of body.open('digest') as AsyncIterable<Buffer>) crc = crc32(chunk, crc);
  return crc;
}
