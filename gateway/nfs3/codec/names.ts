/** Arguments and results of the procedures on names; `…ok` is …resok. RFC 1813 §3.3. */
import type { AttributeChanges, DeviceNumber } from '../../filesystem/attributes.ts';
import { fixedOpaque, struct, XdrError, type Codec } from '../../rpc/xdr.ts';
import {
  attributeChanges,
  deviceNumber,
  directoryEntry,
  filehandle,
  postOpAttributes,
  postOpFilehandle,
  textBytes,
  typeNumbers,
  verifierSize,
  weakCacheConsistency,
} from './basic.ts';

export const lookupArguments = struct({ what: directoryEntry });
export const lookupOk = struct({
  object: filehandle,
  attributes: postOpAttributes,
  directoryAttributes: postOpAttributes,
});

/** createhow3 */
export type WireCreateHow =
  | { readonly mode: 'unchecked' | 'guarded'; readonly attributes: AttributeChanges }
  | { readonly mode: 'exclusive'; readonly verifier: Buffer };

const createModes = ['unchecked', 'guarded', 'exclusive'] as const;
const createVerifier = fixedOpaque(verifierSize);

const createHow: Codec<WireCreateHow> = {
  decode(reader) {
    const number = reader.uint32();
    const mode = createModes[number];
    if (mode === undefined) throw new XdrError(`${number} is not a createmode3`);
    if (mode === 'exclusive') return { mode, verifier: createVerifier.decode(reader) };
    return { mode, attributes: attributeChanges.decode(reader) };
  },
  encode(writer, how) {
    writer.uint32(createModes.indexOf(how.mode));
    if (how.mode === 'exclusive') createVerifier.encode(writer, how.verifier);
    else attributeChanges.encode(writer, how.attributes);
  },
};

export const createArguments = struct({ where: directoryEntry, how: createHow });

/** Of CREATE, MKDIR, SYMLINK and MKNOD alike. */
export const createOk = struct({
  object: postOpFilehandle,
  attributes: postOpAttributes,
  directory: weakCacheConsistency,
});

export const mkdirArguments = struct({ where: directoryEntry, attributes: attributeChanges });

export const symlinkArguments = struct({ where: directoryEntry, attributes: attributeChanges, target: textBytes });

/** mknoddata3; what cannot be made decodes as `other` and is BADTYPE. */
export type MknodData =
  | { readonly type: 'block' | 'character'; readonly attributes: AttributeChanges; readonly device: DeviceNumber }
  | { readonly type: 'socket' | 'fifo'; readonly attributes: AttributeChanges }
  | { readonly type: 'other' };

const device = struct({ attributes: attributeChanges, device: deviceNumber });

const mknodData: Codec<MknodData> = {
  decode(reader) {
    switch (reader.uint32()) {
      case typeNumbers.block:
        return { type: 'block', ...device.decode(reader) };
      case typeNumbers.character:
        return { type: 'character', ...device.decode(reader) };
      case typeNumbers.socket:
        return { type: 'socket', attributes: attributeChanges.decode(reader) };
      case typeNumbers.fifo:
        return { type: 'fifo', attributes: attributeChanges.decode(reader) };
      default:
        return { type: 'other' };
    }
  },
  encode(writer, value) {
    writer.uint32(value.type === 'other' ? typeNumbers.file : typeNumbers[value.type]);
    if ('attributes' in value) attributeChanges.encode(writer, value.attributes);
    if ('device' in value) deviceNumber.encode(writer, value.device);
  },
};

export const mknodArguments = struct({ where: directoryEntry, what: mknodData });

/** Of REMOVE and RMDIR. */
export const removeArguments = struct({ object: directoryEntry });
export const removeOk = struct({ directory: weakCacheConsistency });

export const renameArguments = struct({ from: directoryEntry, to: directoryEntry });
export const renameOk = struct({ from: weakCacheConsistency, to: weakCacheConsistency });

export const linkArguments = struct({ file: filehandle, link: directoryEntry });
export const linkOk = struct({ attributes: postOpAttributes, link: weakCacheConsistency });
