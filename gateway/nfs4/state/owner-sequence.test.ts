import { describe, expect, it } from 'vitest';
import { Nfs4Status } from '../codec/status.ts';
import { Nfs4Error } from '../operation.ts';
import { OwnerSequence } from './owner-sequence.ts';

const open = 18;
const close = 4;

describe('the seqid of a 4.0 owner', () => {
  it('takes any first seqid, then only the following one', async () => {
    const owner = new OwnerSequence();
    expect(await owner.run(77, open, () => Promise.resolve('a'))).toBe('a');
    expect(await owner.run(78, open, () => Promise.resolve('b'))).toBe('b');
    await expect(owner.run(80, open, () => Promise.resolve('c'))).rejects.toMatchObject({
      status: Nfs4Status.BAD_SEQID,
    });
    await expect(owner.run(77, open, () => Promise.resolve('c'))).rejects.toMatchObject({
      status: Nfs4Status.BAD_SEQID,
    });
  });

  it('answers the last request again, errors included, without doing it again', async () => {
    const owner = new OwnerSequence();
    let done = 0;
    const refuse = (): Promise<never> => {
      done++;
      return Promise.reject(new Nfs4Error(Nfs4Status.SHARE_DENIED));
    };
    await expect(owner.run(1, open, refuse)).rejects.toMatchObject({ status: Nfs4Status.SHARE_DENIED });
    await expect(owner.run(1, open, refuse)).rejects.toMatchObject({ status: Nfs4Status.SHARE_DENIED });
    expect(done).toBe(1);
  });

  it('does not take another operation for a repeat', async () => {
    const owner = new OwnerSequence();
    await owner.run(1, open, () => Promise.resolve('a'));
    await expect(owner.run(1, close, () => Promise.resolve('a'))).rejects.toMatchObject({
      status: Nfs4Status.BAD_SEQID,
    });
  });

  it('stays where it was after errors that say the request was not the owner’s', async () => {
    const owner = new OwnerSequence();
    await owner.run(1, open, () => Promise.resolve('a'));
    await expect(
      owner.run(2, close, () => Promise.reject(new Nfs4Error(Nfs4Status.BAD_STATEID))),
    ).rejects.toMatchObject({ status: Nfs4Status.BAD_STATEID });
    expect(await owner.run(2, close, () => Promise.resolve('b'))).toBe('b');
  });

  it('makes a repeat that overtakes the answer wait for it', async () => {
    const owner = new OwnerSequence();
    const { promise, resolve } = Promise.withResolvers<string>();
    const first = owner.run(1, open, () => promise);
    const repeat = owner.run(1, open, () => Promise.resolve('done twice'));
    resolve('once');
    expect(await Promise.all([first, repeat])).toEqual(['once', 'once']);
  });

  it('goes from the highest seqid to zero', async () => {
    const owner = new OwnerSequence();
    await owner.run(0xffff_ffff, open, () => Promise.resolve('a'));
    expect(await owner.run(0, open, () => Promise.resolve('b'))).toBe('b');
  });
});
