#!/usr/bin/env node
// What `npx assay` runs. Plain JavaScript, since before set-up there may be no Node that reads TypeScript, and no packages.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const { node } = process.versions;
const isInstalled = existsSync(fileURLToPath(new URL('../node_modules/commander', import.meta.url)));
if (isInstalled && Number.parseInt(node, 10) >= 26) await import('../src/cli.ts');
else {
  process.stderr.write(
    isInstalled
      ? `Assay needs Node.js 26 or newer, and this is ${node}: in its folder, npx assay takes the one that set-up installed.\n`
      : 'Assay is not set up in this folder yet: run npm run setup (npm start does it too).\n',
  );
  process.exitCode = 1;
}
