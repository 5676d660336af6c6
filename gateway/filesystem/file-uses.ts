/** The files of operations that name them by a stateid or by a filehandle alone: what they may do, and what they see. */
import type { ContentView } from '../staging/content.ts';
import type { Caller } from './caller.ts';
import { FileSystemError } from './errors.ts';
import type { FileUse } from './file-system.ts';
import type { Inode, Inodes } from './inodes.ts';
import type { DelegationTables } from './locks/delegation-tables.ts';
import type { OpenFiles } from './open-files.ts';
import { mayExecute, mayRead, mayWrite } from './permissions.ts';

export interface ReadableFile extends Inode {
  /** The content at this moment. */
  readonly view: ContentView;
  /** The open reads a version that is no longer the file's. */
  readonly isPinned: boolean;
}

export class FileUses {
  readonly #inodes: Inodes;
  readonly #openFiles: OpenFiles;
  readonly #delegations: DelegationTables;

  constructor(inodes: Inodes, openFiles: OpenFiles, delegations: DelegationTables) {
    this.#delegations = delegations;
    this.#inodes = inodes;
    this.#openFiles = openFiles;
  }

  /** @throws FileSystemError WRONGTYPE, ACCESS, STALE */
  async readable(use: FileUse, caller: Caller): Promise<ReadableFile> {
    if (use.open === undefined) await this.#delegations.yielded(use.node.key, 'read', caller.client);
    const file = await this.#file(use);
    const squashed = file.node.export.squash(caller);
    if (use.open === undefined && squashed.uid !== file.record.uid) {
      if (!mayRead(file.record, squashed) && !mayExecute(file.record, squashed)) throw new FileSystemError('ACCESS');
    }
    return { ...file, ...this.#openFiles.viewOf(file.fileid, use.open) };
  }

  /** @throws FileSystemError WRONGTYPE, ROFS, ACCESS, STALE */
  async writable(use: FileUse, caller: Caller): Promise<Inode> {
    if (use.open === undefined) await this.#delegations.yielded(use.node.key, 'write', caller.client);
    const file = await this.#file(use);
    if (file.node.readOnly) throw new FileSystemError('ROFS');
    const squashed = file.node.export.squash(caller);
    if (use.open === undefined && squashed.uid !== file.record.uid && !mayWrite(file.record, squashed))
      throw new FileSystemError('ACCESS');
    return file;
  }

  async #file({ node, open }: FileUse): Promise<Inode> {
    if (open === undefined) await this.#inodes.revalidate(this.#regular(node).record);
    await this.#inodes.describe(node.fileid);
    return this.#regular(node);
  }

  #regular(node: FileUse['node']): Inode {
    if (node.isDirectory) throw new FileSystemError('WRONGTYPE');
    const found = this.#inodes.inode(node);
    if (found.record.type !== 'file') throw new FileSystemError('WRONGTYPE');
    return found;
  }
}
