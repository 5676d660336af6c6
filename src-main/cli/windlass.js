#!/usr/bin/env node
// Plain JavaScript, because a Node that is too old to read TypeScript has to read this to be told so.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`windlass: Windlass needs Node 22.18 or newer; this is Node ${process.versions.node}.\n`);
  process.exit(1);
}
await import('./main.ts');
