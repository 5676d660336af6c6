/** Debian's Chromium, and pages in it that are watched: for what the window's policy forbids, and for errors. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';
import { hasCommand, isRoot } from '../lab/machine.ts';
import { installPackages } from '../lab/install.ts';
import { Unavailable } from '../lab/unavailable.ts';

/** @throws Unavailable */
export async function startBrowser(): Promise<Browser> {
  await installPackages(['browser']);
  const name = ['chromium', 'chromium-browser', 'google-chrome'].find((command) => hasCommand(command));
  if (name === undefined) throw new Unavailable('There is no Chromium: install the package chromium.');
  const executablePath = process.env['PATH']
    ?.split(':')
    .map((folder) => `${folder}/${name}`)
    .find((file) => hasCommand(name, file.slice(0, -name.length - 1)));
  // Chromium's sandbox refuses root.
  return chromium.launch({ executablePath: executablePath ?? name, args: isRoot ? ['--no-sandbox'] : [] });
}

export interface WatchedPage {
  readonly page: Page;
  /** What the policy refused, and errors of the console. */
  readonly complaints: string[];
}

export async function openPage(browser: Browser, colorScheme: 'light' | 'dark'): Promise<WatchedPage> {
  const context = await browser.newContext({
    colorScheme,
    reducedMotion: 'reduce',
    viewport: { width: 1180, height: 780 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // That the API refuses something is an answer, and Chromium's word for it no complaint.
    const isRefusal = /^Failed to load resource: the server responded with a status of (401|409|422)/.test(
      message.text(),
    );
    if (message.type() === 'error' && !isRefusal) complaints.push(message.text());
  });
  // Through the debugger, which the page's policy does not hold for.
  await page.addInitScript(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  return { page, complaints };
}

/** What axe finds wrong with what the page shows now, one line each. */
export async function violations(page: Page): Promise<readonly string[]> {
  const { violations: found } = await page.evaluate(async () =>
    (globalThis as unknown as { readonly axe: typeof axe }).axe.run({ resultTypes: ['violations'] }),
  );
  return found.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`));
}
