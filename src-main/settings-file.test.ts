import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { SettingsFile } from './settings-file.ts';

const schema = z.object({ names: z.array(z.string()) });

async function fileIn(...below: string[]): Promise<{ at: string; settings: SettingsFile<typeof schema> }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'windlass-settings-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const at = path.join(folder, ...below, 'settings.json');
  return { at, settings: new SettingsFile(at, schema, { names: [] }) };
}

describe('A settings file', () => {
  it('begins as it is told to, and keeps what is written, for its owner alone', async () => {
    const { at, settings } = await fileIn('deep', 'folder');
    expect(await settings.read()).toEqual({ names: [] });
    await settings.write({ names: ['a'] });
    expect(await settings.read()).toEqual({ names: ['a'] });
    expect((await stat(at)).mode & 0o777).toBe(0o600);
  });

  it('ends as it was written last', async () => {
    const { settings } = await fileIn();
    await Promise.all(['a', 'b', 'c'].map((name) => settings.write({ names: [name] })));
    expect(await settings.read()).toEqual({ names: ['c'] });
  });

  it.each(['', '{"names":', '{"names": 1}', '[]'])('that holds %j is refused and left as it is', async (text) => {
    const { at, settings } = await fileIn();
    await writeFile(at, text);
    await expect(settings.read()).rejects.toThrow(/is not what Windlass wrote.*Nothing was changed/);
    expect(await readFile(at, 'utf8')).toBe(text);
  });

  it('that cannot be written says so and leaves nothing behind', async () => {
    const { at } = await fileIn();
    await writeFile(at, 'a file');
    const below = new SettingsFile(path.join(at, 'settings.json'), schema, { names: [] });
    await expect(below.write({ names: [] })).rejects.toThrow(/cannot be written/);
  });
});
