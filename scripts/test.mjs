// Runs the tests with the pinned Node, whichever Node started this: `npm test` may have been started with an older one, before set-up
// installed it. Arguments are passed on: `npm test -- test/setup.test.ts`, `npm test -- --test-name-pattern=…`. A test that hangs fails
// after ten minutes. Three files run at once, since many tests wait for processes that they start; what is compiled is kept for all of them.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = resolve(fileURLToPath(import.meta.url), '../..');
const pinned = join(project, 'node_modules/.bin/node');
const node = existsSync(pinned) ? pinned : process.execPath;

const args = process.argv.slice(2);
const namesFiles = args.some((arg) => !arg.startsWith('-'));
const tests = spawn(
  node,
  [
    ...['--test', '--test-concurrency=3', '--test-timeout=600000', '--test-reporter=spec'],
    ...args,
    ...(namesFiles ? [] : ['test/**/*.test.ts']),
  ],
  {
    cwd: project,
    stdio: 'inherit',
    env: {
      NODE_COMPILE_CACHE: join(project, '.setup/compiled'),
      ...process.env,
      PATH: `${dirname(pinned)}${delimiter}${process.env.PATH ?? ''}`,
    },
  },
);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => tests.kill(signal));
tests.on('close', (code, signal) => {
  process.exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0);
});
