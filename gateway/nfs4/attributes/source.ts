/** Where the values of attributes come from, and which of the sources a set of attributes needs. */
import type { Attributes, FileSystemStatus } from '../../filesystem/attributes.ts';
import type { FileSystem, Node } from '../../filesystem/file-system.ts';
import { bits, type Bitmap } from '../codec/basic.ts';
import type { Nfs4Status } from '../codec/status.ts';
import type { MinorVersion } from '../operation.ts';
import { Attribute } from './numbers.ts';

export interface AttributeSource {
  readonly node: Node;
  /** Undefined where no attribute that needs them is asked for. */
  readonly attributes: Attributes | undefined;
  /** Undefined where no attribute that needs it is asked for. */
  readonly status: FileSystemStatus | undefined;
  readonly leaseSeconds: number;
  readonly minorVersion: MinorVersion;
  /** rdattr_error */
  readonly error?: Nfs4Status;
}

const ofFileSystem = bits(
  Attribute.filesAvailable,
  Attribute.filesFree,
  Attribute.filesTotal,
  Attribute.spaceAvailable,
  Attribute.spaceFree,
  Attribute.spaceTotal,
);

const ofInode = bits(
  Attribute.type,
  Attribute.change,
  Attribute.size,
  Attribute.fsid,
  Attribute.mode,
  Attribute.links,
  Attribute.owner,
  Attribute.ownerGroup,
  Attribute.rawDevice,
  Attribute.spaceUsed,
  Attribute.timeAccess,
  Attribute.timeMetadata,
  Attribute.timeModify,
);

/**
 * Whether the node alone does not answer these and the file system must be asked. `boundary`: whether the node may be
 * the root of an export, whose mounted_on_fileid is not its fileid.
 */
export function needsFileSystem(mask: Bitmap, boundary: boolean): boolean {
  const asked = ofInode | ofFileSystem | (boundary ? bits(Attribute.mountedOnFileid) : 0n);
  return (mask & asked) !== 0n;
}

/**
 * What `node` answers these attributes from; no promise where that is known.
 * @param attributes those of its inode; by default as they are now
 * @throws FileSystemError
 */
export function attributeSource(
  fileSystem: FileSystem,
  node: Node,
  mask: Bitmap,
  constants: { readonly leaseSeconds: number; readonly minorVersion: MinorVersion },
  attributes: Promise<Attributes> | Attributes = fileSystem.attributes(node),
): Promise<AttributeSource> | AttributeSource {
  if ((mask & ofFileSystem) === 0n && !(attributes instanceof Promise))
    return { node, attributes, status: undefined, ...constants };
  const status = (mask & ofFileSystem) === 0n ? undefined : fileSystem.status(node);
  return Promise.all([attributes, status]).then(([known, present]) => ({
    node,
    attributes: known,
    status: present,
    ...constants,
  }));
}
