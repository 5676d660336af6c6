import { describe, expect, it } from 'vitest';
import { Nfs4Status } from '../codec/status.ts';
import { Identifiers } from './identifiers.ts';
import { classify, nextSeqid, requireSeqid } from './stateid.ts';

const zeros = Buffer.alloc(12);
const ones = Buffer.alloc(12, 0xff);

describe('stateids', () => {
  it('have special values, of which “current” is 4.1’s alone', () => {
    expect(classify({ seqid: 0, other: zeros }, 0)).toBe('anonymous');
    expect(classify({ seqid: 0xffff_ffff, other: ones }, 0)).toBe('bypass');
    expect(classify({ seqid: 1, other: zeros }, 0)).toBe('invalid');
    expect(classify({ seqid: 1, other: zeros }, 1)).toBe('current');
    expect(classify({ seqid: 0xffff_ffff, other: zeros }, 1)).toBe('invalid');
    expect(classify({ seqid: 3, other: ones }, 1)).toBe('invalid');
    expect(classify({ seqid: 1, other: Buffer.alloc(12, 7) }, 1)).toBe('ordinary');
  });

  it('are old or bad by their seqid, wrap past zero, and in 4.1 zero is the latest', () => {
    expect(() => requireSeqid(0, 5, 1)).not.toThrow();
    expect(() => requireSeqid(0, 5, 0)).toThrow(expect.objectContaining({ status: Nfs4Status.OLD_STATEID }));
    expect(() => requireSeqid(4, 5, 1)).toThrow(expect.objectContaining({ status: Nfs4Status.OLD_STATEID }));
    expect(() => requireSeqid(6, 5, 1)).toThrow(expect.objectContaining({ status: Nfs4Status.BAD_STATEID }));
    expect(() => requireSeqid(0xffff_ffff, 1, 1)).toThrow(expect.objectContaining({ status: Nfs4Status.OLD_STATEID }));
    expect(nextSeqid(0xffff_ffff)).toBe(1);
  });

  it('show which start gave them out', () => {
    const first = new Identifiers(1);
    const second = new Identifiers(2);
    const client = { tag: 77 };
    expect(first.isOfThisStart(first.stateid(client))).toBe(true);
    expect(second.isOfThisStart(first.stateid(client))).toBe(false);
    expect(second.isOfThisStart(second.sessionid())).toBe(true);
    expect(first.clientid()).not.toBe(second.clientid());
    expect(classify({ seqid: 1, other: first.stateid(client) }, 1)).toBe('ordinary');
  });
});
