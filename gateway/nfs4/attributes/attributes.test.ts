import { describe, expect, it } from 'vitest';
import type { Attributes, Fileid } from '../../filesystem/attributes.ts';
import type { Node } from '../../filesystem/file-system.ts';
import { opaque } from '../../rpc/xdr.ts';
import { bitNumbers, bits } from '../codec/basic.ts';
import { Nfs4Status } from '../codec/status.ts';
import { attributeValues, settableAttributes } from '../testing/attribute-values.ts';
import { changedAttributes, decodeAttributeChanges } from './decode.ts';
import { encodeAttributes } from './encode.ts';
import { Attribute } from './numbers.ts';
import type { AttributeSource } from './source.ts';
import { readableAttributes, settable, supportedAttributes, writeOnly } from './supported.ts';

const node: Node = {
  key: '7',
  fileid: 7 as Fileid,
  isDirectory: false,
  readOnly: false,
  handle: Buffer.from('handle!!'),
};
const attributes: Attributes = {
  fsid: { major: 3n, minor: 4n },
  fileid: 7 as Fileid,
  mountedOnFileid: 9 as Fileid,
  type: 'symlink',
  mode: 0o4755,
  links: 1,
  uid: 501,
  gid: 20,
  size: 2 ** 40,
  used: 512,
  device: { major: 8, minor: 1 },
  change: 2n ** 60n,
  atime: -1n,
  mtime: 1_500_000_000n,
  ctime: 2_000_000_001n,
};
const source: AttributeSource = {
  node,
  attributes,
  status: { totalBytes: 100, freeBytes: 60, totalFiles: 10, freeFiles: 4 },
  leaseSeconds: 60,
  minorVersion: 2,
};
const status = (name: keyof typeof Nfs4Status): unknown => expect.objectContaining({ status: Nfs4Status[name] });

describe('supported attributes', () => {
  it('include what each minor version requires and nothing that it has not', () => {
    expect(bitNumbers(supportedAttributes(0)).at(-1)).toBe(Attribute.mountedOnFileid);
    expect(bitNumbers(supportedAttributes(1)).slice(-2)).toEqual([75, 76]);
    expect(bitNumbers(supportedAttributes(2)).slice(-3)).toEqual([
      Attribute.changeAttributeType,
      Attribute.xattrSupport,
      Attribute.openArguments,
    ]);
    for (const required of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 19]) {
      expect(supportedAttributes(0) & bits(required)).not.toBe(0n);
    }
  });

  it('are each encodable', () => {
    const mask = supportedAttributes(2) & ~writeOnly;
    expect(attributeValues(encodeAttributes(mask, source)).size).toBe(bitNumbers(mask).length);
  });

  it('that can only be set are INVAL to ask for', () => {
    expect(() => readableAttributes(bits(1, Attribute.timeModifySet), 1)).toThrow(status('INVAL'));
  });

  it('are all that an answer holds', () => {
    expect(readableAttributes(bits(1, 12, 75, 79, 200), 0)).toBe(bits(1));
  });
});

describe('encoding', () => {
  it('writes values in the order of their numbers', () => {
    const mask = bits(Attribute.type, Attribute.size, Attribute.mode, Attribute.owner, Attribute.timeModify);
    expect(encodeAttributes(mask, source).values.toString('hex')).toBe(
      '00000005' + '0000010000000000' + '000009ed' + '00000003' + '35303100' + '0000000000000001' + '1dcd6500',
    );
  });

  it('takes each value from where it belongs', () => {
    const values = attributeValues(encodeAttributes(supportedAttributes(2) & ~writeOnly, source));
    expect(values.get(Attribute.fsid)).toEqual({ major: 3n, minor: 4n });
    expect(values.get(Attribute.filehandle)).toEqual(node.handle);
    expect(values.get(Attribute.fileid)).toBe(7n);
    expect(values.get(Attribute.mountedOnFileid)).toBe(9n);
    expect(values.get(Attribute.ownerGroup)).toBe('20');
    expect(values.get(Attribute.rawDevice)).toEqual({ major: 8, minor: 1 });
    expect(values.get(Attribute.spaceUsed)).toBe(512n);
    expect(values.get(Attribute.spaceFree)).toBe(60n);
    expect(values.get(Attribute.filesAvailable)).toBe(4n);
    expect(values.get(Attribute.timeAccess)).toEqual([-1n, 999_999_999]);
    expect(values.get(Attribute.supportedExclusiveCreate)).toBe(settable);
    expect(values.get(Attribute.readdirError)).toBe(0);
    expect(values.get(Attribute.changeAttributeType)).toBe(0);
  });
});

describe('decoding what is to be set', () => {
  const owner = (name: string) => settableAttributes([Attribute.owner, (w) => opaque(99).encode(w, Buffer.from(name))]);

  it('reads every settable attribute', () => {
    const raw = settableAttributes(
      [Attribute.size, (w) => w.uint64(5n)],
      [Attribute.mode, (w) => w.uint32(0o600)],
      [Attribute.owner, (w) => opaque(99).encode(w, Buffer.from('0'))],
      [Attribute.ownerGroup, (w) => opaque(99).encode(w, Buffer.from('4294967294'))],
      [Attribute.timeAccessSet, (w) => w.uint32(0)],
      [
        Attribute.timeModifySet,
        (w) => {
          w.uint32(1);
          w.int64(-1n);
          w.uint32(5);
        },
      ],
    );
    const changes = decodeAttributeChanges(raw, 0);
    expect(changes).toEqual({ size: 5, mode: 0o600, uid: 0, gid: 4294967294, atime: 'now', mtime: -999_999_995n });
    expect(changedAttributes(changes)).toBe(raw.mask);
  });

  it.each(['root@example.org', 'root', '01', '-1', '4294967295', '99999999999'])(
    'answers BADOWNER to the owner "%s"',
    (name) => {
      expect(() => decodeAttributeChanges(owner(name), 1)).toThrow(status('BADOWNER'));
    },
  );

  it('answers INVAL to an owner without a name', () => {
    expect(() => decodeAttributeChanges(owner(''), 1)).toThrow(status('INVAL'));
  });

  it('tells what is read-only from what is not supported', () => {
    expect(() => decodeAttributeChanges({ mask: bits(Attribute.fileid), values: Buffer.alloc(8) }, 1)).toThrow(
      status('INVAL'),
    );
    expect(() => decodeAttributeChanges({ mask: bits(12), values: Buffer.alloc(4) }, 1)).toThrow(status('ATTRNOTSUPP'));
    expect(() => decodeAttributeChanges({ mask: bits(75), values: Buffer.alloc(4) }, 0)).toThrow(status('ATTRNOTSUPP'));
  });

  it('refuses values that are cut short or left over', () => {
    const mask = bits(Attribute.mode);
    expect(() => decodeAttributeChanges({ mask, values: Buffer.alloc(0) }, 1)).toThrow('needs 4 bytes');
    expect(() => decodeAttributeChanges({ mask, values: Buffer.alloc(8) }, 1)).toThrow('4 bytes after');
  });

  it('answers INVAL to mode bits above 07777', () => {
    const raw = settableAttributes([Attribute.mode, (w) => w.uint32(0o10000)]);
    expect(() => decodeAttributeChanges(raw, 1)).toThrow(status('INVAL'));
  });
});
