/**
 * Makes of the drawings here what packages need: PNGs of the icon, and the tray's in black (macOS templates) and white,
 * in two sizes each. Run by hand after a change (`node assets/draw.ts FOLDER`), where librsvg's rsvg-convert is.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';

const here = import.meta.dirname;

/** @param size pixels @throws where rsvg-convert is not there or fails */
function render(svg: string, size: number, target: string): void {
  const result = spawnSync('rsvg-convert', ['--width', `${size}`, '--height', `${size}`, '--output', target], {
    input: svg,
    encoding: 'utf8',
  });
  if (result.error !== undefined) throw new Error('rsvg-convert is needed: install librsvg2-bin.');
  if (result.status !== 0) throw new Error(`rsvg-convert failed: ${result.stderr}`);
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Say where to: node assets/draw.ts FOLDER.');
await mkdir(folder, { recursive: true });
const icon = await readFile(path.join(here, 'icon.svg'), 'utf8');
for (const size of [16, 32, 48, 64, 128, 256, 512, 1024]) render(icon, size, path.join(folder, `icon-${size}.png`));
for (const state of ['idle', 'busy', 'attention']) {
  const black = await readFile(path.join(here, `tray-${state}.svg`), 'utf8');
  const white = black.replaceAll('#000', '#fff');
  for (const [suffix, size] of [
    ['', 22],
    ['@2x', 44],
  ] as const) {
    render(black, size, path.join(folder, `tray-${state}Template${suffix}.png`));
    render(white, size, path.join(folder, `tray-${state}-light${suffix}.png`));
  }
}
