import { defineConfig } from 'vite';

export default defineConfig({
  // Inlined files would be data: URLs, which the window's policy forbids.
  build: { outDir: '../dist/window', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
