import { describe, expect, it } from 'vitest';
import { Attribute } from '../attributes/numbers.ts';
import { bits } from '../codec/basic.ts';
import { SetXattrOption } from '../codec/extended-attributes.ts';
import { atData } from '../state/testing/calls.ts';
import { call, type Call, type CompoundReply } from '../testing/compound-client.ts';
import { stateless } from '../testing/stateless.ts';
import { access } from './access.ts';
import { getattr } from './getattr.ts';
import { getxattr } from './getxattr.ts';
import { listxattrs } from './listxattrs.ts';
import { removexattr } from './removexattr.ts';
import { setxattr } from './setxattr.ts';

const last = (reply: CompoundReply): string | undefined => reply.summary.at(-1);
const set = (name: string, value: string, option: number = SetXattrOption.EITHER): Call =>
  call(setxattr, { option, name: Buffer.from(name), value: Buffer.from(value) });
const named = (name: string): { name: Buffer } => ({ name: Buffer.from(name) });

/** Asks of the directory `data`. */
function atDirectory(): (...calls: readonly Call[]) => Promise<CompoundReply> {
  const { client, sequence, slot } = stateless(2);
  return (...calls) => {
    slot.sequence++;
    return client.compound(sequence, ...atData, ...calls);
  };
}

describe('Extended attributes on the wire', () => {
  it('are set, read, listed and removed', async () => {
    const ask = atDirectory();
    const reply = await ask(set('b', 'value'), set('a', ''), call(getxattr, named('b')));
    expect(reply.value(getxattr).value.toString()).toBe('value');
    const { change } = reply.value(setxattr);
    expect(change.after).toBeGreaterThan(change.before);
    const listed = (await ask(call(listxattrs, { cookie: 0, maxCount: 4096 }))).value(listxattrs);
    expect(listed).toEqual({ cookie: 2, names: [Buffer.from('a'), Buffer.from('b')], eof: true });
    expect(last(await ask(call(removexattr, named('b')), call(getxattr, named('b'))))).toBe('GETXATTR NOXATTR');
  });

  it('are created or replaced as the option says', async () => {
    const ask = atDirectory();
    expect(last(await ask(set('a', 'x', SetXattrOption.REPLACE)))).toBe('SETXATTR NOXATTR');
    expect(last(await ask(set('a', 'x', SetXattrOption.CREATE)))).toBe('SETXATTR OK');
    expect(last(await ask(set('a', 'x', SetXattrOption.CREATE)))).toBe('SETXATTR EXIST');
    expect(last(await ask(set('a', 'x', 3)))).toBe('SETXATTR INVAL');
    expect(last(await ask(set('a', 'x'.repeat(3000))))).toBe('SETXATTR XATTR2BIG');
  });

  it('are listed in pieces that fit', async () => {
    const ask = atDirectory();
    await ask(set('first', 'x'), set('second', 'x'));
    // 16 for an empty result, and 12 for each of these names.
    const page = async (cookie: number, maxCount: number): Promise<CompoundReply> =>
      ask(call(listxattrs, { cookie, maxCount }));
    const first = (await page(0, 30)).value(listxattrs);
    expect(first).toEqual({ cookie: 1, names: [Buffer.from('first')], eof: false });
    const second = (await page(first.cookie, 28)).value(listxattrs);
    expect(second).toEqual({ cookie: 2, names: [Buffer.from('second')], eof: true });
    expect(last(await page(0, 27))).toBe('LISTXATTRS TOOSMALL');
  });

  it('are announced by xattr_support and by ACCESS', async () => {
    const ask = atDirectory();
    const asked = bits(Attribute.xattrSupport);
    const reply = await ask(call(getattr, { asked }), call(access, { access: 0x1c0 }));
    expect(reply.value(getattr).attributes).toEqual({ mask: asked, values: Buffer.from('00000001', 'hex') });
    expect(reply.value(access)).toEqual({ supported: 0x1c0, access: 0x1c0 });
    const { client } = stateless(0);
    const older = await client.compound(...atData, call(access, { access: 0x1c1 }));
    expect(older.value(access).supported).toBe(1);
  });
});
