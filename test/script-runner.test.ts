import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { watchScriptRunner } from '../src/script-runner.ts';
import { temporaryFolder } from './doubles/temporary-folder.ts';

const project = fileURLToPath(new URL('..', import.meta.url));

test('SIGTERM to npm ends the service that npm start runs, in an orderly way', async (t) => {
  const { PATH, HOME } = process.env;
  const npm = spawn('npm', ['start'], {
    cwd: project,
    env: { PATH, HOME, PORT: '0', DATA_DIR: await temporaryFolder(t), EMBEDDING_MODEL: 'e5-small-v2-q' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, which can be ended where this fails
  });
  t.after(() => {
    try {
      process.kill(-npm.pid!, 'SIGKILL');
    } catch {
      // All of it has ended.
    }
  });
  let [logged, told] = ['', ''];
  npm.stdout.setEncoding('utf8').on('data', (text) => {
    logged += text;
  });
  await new Promise<void>((resolve, reject) => {
    npm.stderr.setEncoding('utf8').on('data', (text) => {
      told += text;
      if (/curl/.test(told)) resolve();
    });
    npm.once('exit', () => reject(new Error(`it ended:\n${told}`)));
  });
  // Its output is closed when the last process that writes to it has ended.
  const closed = once(npm, 'close');
  npm.kill('SIGTERM');
  await closed;
  assert.match(logged, /"stopping: finishing what has begun"/);
});

test('npm may end before the service has started', async () => {
  const watcher = `
    const { watchScriptRunner } = await import(${JSON.stringify(new URL('../src/script-runner.ts', import.meta.url).href)});
    const parent = process.ppid;
    console.log('imported');
    while (process.ppid === parent) await new Promise((resolve) => setTimeout(resolve, 10));
    const end = setTimeout(() => {}, 10_000);
    watchScriptRunner(() => {
      console.log('told');
      clearTimeout(end);
    });`;
  const shell = spawn('sh', ['-c', '"$0" --input-type=module --eval "$1" & wait', process.execPath, watcher], {
    env: { PATH: process.env.PATH, npm_lifecycle_event: 'start', npm_package_name: 'assay' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  for await (const text of shell.stdout.setEncoding('utf8')) {
    printed += text;
    if (printed === 'imported\n') shell.kill('SIGKILL');
  }
  assert.equal(printed, 'imported\ntold\n');
});

test('SIGHUP, with which keys are read anew, does not keep the service from ending with its npm later', (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  t.mock.property(process, 'env', { npm_lifecycle_event: 'start', npm_package_name: 'assay' });
  const parent = t.mock.property(process, 'ppid', process.ppid);
  const tell = t.mock.fn();
  const hangUp = watchScriptRunner(tell);
  hangUp();
  t.mock.timers.tick(60_000);
  assert.equal(tell.mock.callCount(), 0);
  hangUp();
  parent.mock.mockImplementation(1); // npm has ended with its terminal
  t.mock.timers.tick(60_000);
  assert.equal(tell.mock.callCount(), 0);
  parent.mock.mockImplementation(2);
  t.mock.timers.tick(1_000);
  assert.equal(tell.mock.callCount(), 1);
});
