/** The built window in a browser, through `windlass ui`, on the real control server: by keyboard alone. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { orReason } from '../lab/unavailable.ts';
import { openPage, startBrowser, violations, type WatchedPage } from './browser.ts';
import { fillWithExamples } from './examples.ts';
import { startSmallS3, goodKey } from './small-s3.ts';
import { startSmallService, type SmallService } from './small-service.ts';

const root = path.resolve(import.meta.dirname, '../..');

let browser: Browser | undefined;
let reason = '';
/** Where pictures of the views go: WINDLASS_SCREENSHOTS, or a folder that goes with the test. */
let pictures: string;
let service: SmallService;
let s3: Awaited<ReturnType<typeof startSmallS3>>;
let ui: ChildProcess;
let address: string;

beforeAll(async () => {
  const built = spawnSync(process.execPath, ['node_modules/vite/bin/vite.js', 'build', 'src-renderer'], {
    cwd: root,
    encoding: 'utf8',
    // Vitest's own value would build React's larger form for development.
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (built.status !== 0) throw new Error(`The window cannot be built:\n${built.stdout}${built.stderr}`);
  const started = await orReason(startBrowser);
  if ('made' in started) browser = started.made;
  else reason = started.reason;
  pictures = process.env['WINDLASS_SCREENSHOTS'] ?? (await mkdtemp(path.join(os.tmpdir(), 'windlass-pictures-')));
});
afterAll(async () => {
  await browser?.close();
  if (process.env['WINDLASS_SCREENSHOTS'] === undefined) await rm(pictures, { recursive: true, force: true });
});

beforeEach(async (context) => {
  if (browser === undefined) context.skip(reason);
  service = await startSmallService();
  s3 = await startSmallS3();
  ui = spawn(process.execPath, ['src-main/cli/windlass.js', 'ui', '--socket', service.socketPath], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (ui.stdout === null) throw new Error('windlass ui has no output.');
  address = await new Promise<string>((resolve, reject) => {
    readline.createInterface({ input: ui.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const found = /http:\/\/\S+/.exec(line)?.[0];
      if (found !== undefined) resolve(found);
    });
    ui.on('exit', (status) => reject(new Error(`windlass ui ended with status ${String(status)}.`)));
  });
});
afterEach(async () => {
  ui.kill('SIGTERM');
  await service.close();
  s3.close();
  expect(service.defects).toEqual([]);
});

async function open(colorScheme: 'light' | 'dark' = 'light'): Promise<WatchedPage> {
  if (browser === undefined) throw new Error(reason);
  return openPage(browser, colorScheme);
}

const focused = (page: Page) => page.locator(':focus');

/** Presses Tab until it has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < 80; presses++) {
    if ((await target.and(focused(page)).count()) > 0) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never comes to ${String(target)}.`);
}

async function press(page: Page, name: string, role: 'button' | 'link' = 'button'): Promise<void> {
  await tabTo(page, page.getByRole(role, { name, exact: role === 'button' }));
  await page.keyboard.press('Enter');
}

async function type(page: Page, label: string, text: string): Promise<void> {
  await tabTo(page, page.getByLabel(label, { exact: true }));
  await page.keyboard.press('Control+A');
  await page.keyboard.type(text);
}

describe('The window', () => {
  it('adds a connection, says what is wrong with its keys, mends it and mounts a drive, by keyboard alone', async () => {
    const { page, complaints } = await open();
    await page.goto(address);
    await page.getByRole('heading', { name: 'Connections' }).waitFor();
    expect(page.url()).not.toContain('code');

    await press(page, 'Add a connection');
    await page.getByRole('radio', { name: 'MinIO' }).waitFor();
    for (let presses = 0; presses < 4; presses++) await page.keyboard.press('ArrowDown');
    expect(await page.getByRole('radio', { name: 'MinIO' }).isChecked()).toBe(true);
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Enter');

    await type(page, 'Name of the connection', 'lab');
    await type(page, 'Address, such as https://minio.example.com:9000', s3.url);
    await tabTo(page, page.getByLabel('How to sign in'));
    await page.keyboard.press('ArrowDown');
    await type(page, 'Access key ID', 'AKIAWRONG');
    await type(page, 'Secret access key', 'hunter2hunter2');
    await page.keyboard.press('Enter');

    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.innerText()).toMatch(/The credentials were refused[^]*What to do:/);
    expect(await violations(page)).toEqual([]);
    await page.screenshot({ path: path.join(pictures, 'assistant-refused.png') });
    expect(await focused(page).innerText()).toBe('Change and test again');
    await page.keyboard.press('Enter');

    await type(page, 'Access key ID', goodKey);
    await type(page, 'Secret access key', 'the right one');
    await page.keyboard.press('Enter');
    await page.getByText('The connection works.').waitFor();
    await press(page, 'Open a bucket as a drive');

    await type(page, 'Bucket', 'photos');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByText('1 drive').waitFor();
    expect([...service.mounts.values()]).toMatchObject([{ connection: 'lab', bucket: 'photos', state: 'mounted' }]);
    expect(complaints).toEqual([]);
  });

  it('unmounts, asks before force, removes what is confirmed and dismisses notices, by keyboard alone', async () => {
    await fillWithExamples(service, s3.url);
    const { page, complaints } = await open();
    await page.goto(address);
    await press(page, 'Drives', 'link');
    service.busy.add('m1');
    await press(page, 'Unmount photos');
    await page.getByRole('alert').getByText('A program still uses it.').waitFor();
    await press(page, 'Unmount by force photos');
    await page.keyboard.press('Escape');
    expect(service.mounts.get('m1')?.state).toBe('mounted');
    await press(page, 'Unmount by force photos');
    await press(page, 'Unmount by force');
    await page.getByRole('button', { name: 'Mount photos', exact: true }).waitFor();

    service.busy.clear();
    await press(page, 'Remove photos');
    await press(page, 'Remove the drive');
    await page.getByRole('heading', { name: 'photos' }).waitFor({ state: 'detached' });
    expect(service.mounts.has('m1')).toBe(false);

    await press(page, 'Notices', 'link');
    await press(page, 'Dismiss the notice about 2026/plan.ods');
    await page.getByText('2026/plan.ods', { exact: true }).waitFor({ state: 'detached' });

    service.unsent.set('lab', 5_000_000);
    await press(page, 'Connections', 'link');
    await page.reload();
    await press(page, 'Remove lab');
    await tabTo(page, page.getByRole('radio', { name: 'Send them first' }));
    await page.keyboard.press('ArrowUp');
    const submit = page.getByRole('button', { name: 'Remove the connection' });
    expect(await submit.isDisabled()).toBe(true);
    await type(page, 'Type lab to confirm that they may be lost', 'lab');
    expect(await violations(page)).toEqual([]);
    await page.screenshot({ path: path.join(pictures, 'remove-connection.png') });
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'lab', exact: true }).waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  it('shows what happens while it happens, and draws of ten thousand transfers only what is seen', async () => {
    const { page, complaints } = await open();
    await page.goto(address);
    await press(page, 'Activity', 'link');
    await page.getByText('Everything is in S3').waitFor();
    const transfer = { mount: 'm', kind: 'upload', state: 'running', size: 100, sent: 40 } as const;
    for (let n = 0; n < 10_000; n++) service.transfers.set(`t${n}`, { ...transfer, id: `t${n}`, path: `file ${n}` });
    await page.getByText('file 0', { exact: true }).waitFor();
    const rows = page.getByRole('list', { name: 'Changes on their way' }).getByRole('listitem');
    expect(await rows.count()).toBeLessThan(40);
    await tabTo(page, page.getByRole('list', { name: 'Changes on their way' }));
    await page.keyboard.press('End');
    await page.getByText('file 9999', { exact: true }).waitFor();
    service.tell({ event: 'transfer-done', id: 't9999' });
    await press(page, 'Pause');
    await page.getByText('Paused').waitFor();
    expect(complaints).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('is without fault to axe in every view, %s', async (scheme) => {
    const { page, complaints } = await open(scheme);
    await page.goto(address);
    await page.getByText('No connection yet').waitFor();
    expect(await violations(page), 'the first start').toEqual([]);
    await page.screenshot({ path: path.join(pictures, `empty-${scheme}.png`) });
    await fillWithExamples(service, s3.url);
    await page.reload();
    for (const view of ['Connections', 'Drives', 'Activity', 'Notices']) {
      await press(page, view, 'link');
      await page.getByRole('heading', { level: 1, name: view }).waitFor();
      expect(await violations(page), view).toEqual([]);
      await page.screenshot({ path: path.join(pictures, `${view.toLowerCase()}-${scheme}.png`) });
    }
    await press(page, 'Drives', 'link');
    await press(page, 'Add a drive');
    await tabTo(page, page.getByText('Freshness, writing and storage'));
    await page.keyboard.press('Enter');
    expect(await violations(page), 'the form of a drive').toEqual([]);
    await page.screenshot({ path: path.join(pictures, `add-drive-${scheme}.png`) });
    expect(complaints).toEqual([]);
  });

  it('signs in once with a code, stays signed in over a reload, and not after signing out', async () => {
    const first = await open();
    await first.page.goto(address);
    await first.page.getByRole('heading', { name: 'Connections' }).waitFor();
    await first.page.reload();
    await first.page.getByRole('heading', { name: 'Connections' }).waitFor();
    expect(await first.page.context().cookies()).toEqual([]);

    const second = await open();
    await second.page.goto(address);
    await second.page.getByText('The code is wrong, too old, or was used before.').waitFor();
    expect(await violations(second.page)).toEqual([]);
    await second.page.screenshot({ path: path.join(pictures, 'login.png') });

    await press(first.page, 'Sign out');
    await first.page.getByRole('heading', { name: 'Sign in to Windlass' }).waitFor();
    await first.page.reload();
    await first.page.getByRole('heading', { name: 'Sign in to Windlass' }).waitFor();
  });

  it('has a policy that a page is held to: what breaks it is seen by these tests', async () => {
    const { page, complaints } = await open();
    await page.goto(address);
    await page.getByRole('heading', { name: 'Connections' }).waitFor();
    expect(complaints).toEqual([]);
    await expect(page.addScriptTag({ content: '1' })).rejects.toThrow();
    await expect.poll(() => complaints.join()).toMatch(/Content Security Policy/);
  });
});
