import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Database } from '../database/database.ts';
import { silentLog } from '../log.ts';
import { Notices, type NewNotice } from './notices.ts';

const hidden = (key: string): NewNotice => ({ kind: 'hidden', export: 1, key, message: `${key} is hidden.` });

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'windlass-notices-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

describe('Notices', () => {
  it('stay until they are dismissed, over a restart too', async () => {
    const home = await folder();
    const first = await Database.open(home);
    const notices = new Notices(first, silentLog);
    notices.add(hidden('a/'));
    notices.add(hidden('b/'));
    await first.close();
    const second = await Database.open(home);
    onTestFinished(() => second.close());
    const again = new Notices(second, silentLog);
    expect(again.all().map(({ key }) => key)).toEqual(['a/', 'b/']);
    expect([again.dismiss(1), again.dismiss(1)]).toEqual([true, false]);
    again.add(hidden('c/'));
    expect(again.all().map(({ id, key }) => [id, key])).toEqual([
      [2, 'b/'],
      [3, 'c/'],
    ]);
  });

  it('are told once for each thing, and to who listens', async () => {
    const database = await Database.open(await folder());
    onTestFinished(() => database.close());
    const notices = new Notices(database, silentLog);
    const heard: string[] = [];
    const end = notices.listen({ added: ({ key }) => heard.push(key), dismissed: (id) => heard.push(`${id} gone`) });
    notices.add(hidden('a/'));
    notices.add(hidden('a/'));
    end();
    notices.add(hidden('b/'));
    expect(heard).toEqual(['a/', '1 gone', 'a/']);
    expect(notices.all().map(({ key }) => key)).toEqual(['a/', 'b/']);
  });

  it('leave the oldest out where there are too many', async () => {
    const database = await Database.open(await folder());
    onTestFinished(() => database.close());
    const notices = new Notices(database, silentLog);
    for (let at = 0; at < 1002; at++) notices.add(hidden(`${at}/`));
    expect(notices.all().length).toBe(1000);
    expect(notices.all()[0]?.key).toBe('2/');
  });
});
