import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { StoreError } from '../object-store.ts';

const chunkSize = 256 * 1024;

/** A range of an open file. Ends only after all of its bytes; closes the file. */
export class FileBody extends Readable {
  readonly #handle: FileHandle;
  #position: number;
  #left: number;

  constructor(handle: FileHandle, offset: number, length: number) {
    super({ highWaterMark: chunkSize });
    this.#handle = handle;
    this.#position = offset;
    this.#left = length;
  }

  override _read(): void {
    if (this.#left === 0) {
      this.push(null);
      return;
    }
    const chunk = Buffer.allocUnsafeSlow(Math.min(chunkSize, this.#left));
    this.#handle.read(chunk, 0, chunk.length, this.#position).then(
      ({ bytesRead }) => {
        if (bytesRead === 0) {
          this.destroy(new StoreError('Unavailable', 'The file became shorter while it was read.'));
          return;
        }
        this.#position += bytesRead;
        this.#left -= bytesRead;
        this.push(chunk.subarray(0, bytesRead));
      },
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#handle.close().then(
      () => callback(error),
      (closing: unknown) => callback(error ?? (closing instanceof Error ? closing : new Error(String(closing)))),
    );
  }
}
