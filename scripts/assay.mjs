#!/usr/bin/env node
// What `npx assay` runs. Plain JavaScript, since before set-up there may be no Node that reads TypeScript, and no packages.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const isInstalled = existsSync(fileURLToPath(new URL('../node_modules/commander', import.meta.url)));
try {
  await import('../src/cli.ts');
} catch (error) {
  if (isInstalled && /** @type {NodeJS.ErrnoException} */ (error).code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error;
  process.stderr.write('Assay is not set up in this folder yet: run npm run setup (npm start does it too).\n');
  process.exitCode = 1;
}
