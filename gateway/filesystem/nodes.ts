/** The two kinds of Node: inodes of exports, and the root above them. */
import type { KeyObject } from 'node:crypto';
import type { Fileid } from '../staging/records.ts';
import { gatewayRoot } from '../staging/tree.ts';
import type { Export } from './exports.ts';
import { encodeFilehandle } from './filehandle.ts';
import type { Node } from './file-system.ts';

/** Node.key of an inode. */
export function nodeKey(fileid: Fileid): string {
  return String(fileid);
}

export class InodeNode implements Node {
  readonly fileid: Fileid;
  readonly export: Export;
  readonly isDirectory: boolean;
  readonly #secret: KeyObject;
  #handle: Buffer | undefined;

  constructor(of: Export, fileid: Fileid, isDirectory: boolean, secret: KeyObject) {
    this.export = of;
    this.fileid = fileid;
    this.isDirectory = isDirectory;
    this.#secret = secret;
  }

  get key(): string {
    return nodeKey(this.fileid);
  }

  get readOnly(): boolean {
    return this.export.readOnly;
  }

  get handle(): Buffer {
    this.#handle ??= encodeFilehandle(
      { export: this.export.id, grant: this.export.grant.id, fileid: this.fileid },
      this.#secret,
    );
    return this.#handle;
  }
}

export class RootNode implements Node {
  readonly key = 'root';
  readonly fileid = gatewayRoot;
  readonly isDirectory = true;
  readonly readOnly = true;
  readonly handle: Buffer;

  constructor(secret: KeyObject) {
    this.handle = encodeFilehandle({ export: 0, grant: 0, fileid: gatewayRoot }, secret);
  }
}
