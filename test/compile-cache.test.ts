import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from './doubles/temporary-folder.ts';
import { mountSmallDisk } from './torture/full-disk.ts';

const source = fileURLToPath(new URL('../src/compile-cache.ts', import.meta.url));

/** Runs a script that says where compiled code is kept, in this process and in one that it starts. */
async function placesFor(env: Record<string, string>) {
  const script = `
    await import(${JSON.stringify(pathToFileURL(source).href)});
    const { getCompileCacheDir } = await import('node:module');
    const { execFileSync } = await import('node:child_process');
    const inChild = execFileSync(process.execPath, ['-p', 'require("node:module").getCompileCacheDir()'], { encoding: 'utf8' });
    console.log(JSON.stringify([getCompileCacheDir() ?? null, inChild.trim()]));`;
  const args = ['--input-type=module', '--eval', script];
  const { PATH = '' } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { PATH, ...env } });
  return JSON.parse(stdout) as [string | null, string];
}

test('compiled code is kept in the folder of the project, or where the user says, for child processes too', async () => {
  const ownFolder = fileURLToPath(new URL('../.setup/compiled/', import.meta.url));
  for (const place of await placesFor({})) assert.ok(place?.startsWith(ownFolder), String(place));
  const elsewhere = mkdtempSync(join(tmpdir(), 'assay-compiled-'));
  for (const place of await placesFor({ NODE_COMPILE_CACHE: elsewhere }))
    assert.ok(place?.startsWith(elsewhere), String(place));
  assert.deepEqual(await placesFor({ NODE_DISABLE_COMPILE_CACHE: '1' }), [null, 'undefined']);
  rmSync(elsewhere, { recursive: true });
});

for (const file of ['cli.ts', 'main.ts'])
  test(`src/${file} takes what it compiled before, and works where nothing can be kept`, async () => {
    const command = fileURLToPath(new URL(`../src/${file}`, import.meta.url));
    const { PATH = '' } = process.env;
    const run = (env: Record<string, string>) =>
      promisify(execFile)(process.execPath, [command, 'ask', '--help'], { env: { PATH, ...env } });
    await run({});
    const { stderr } = await run({ NODE_DEBUG_NATIVE: 'COMPILE_CACHE' });
    assert.match(stderr, /was accepted/);
    assert.match((await run({ NODE_COMPILE_CACHE: '/dev/null/nowhere' })).stdout, /Usage: assay ask/);
  });

test('on a disk that is nearly full nothing is kept', async (t) => {
  const project = await temporaryFolder(t);
  const disk = mountSmallDisk(project);
  if (!disk) return t.skip('no small disk may be mounted here');
  try {
    mkdirSync(join(project, 'src'));
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
    const copy = join(project, 'src', 'compile-cache.ts');
    copyFileSync(source, copy);
    const { PATH = '' } = process.env;
    const run = () => promisify(execFile)(process.execPath, [copy], { env: { PATH } });
    await run();
    assert.ok(!existsSync(join(project, '.setup')));
    disk.grow();
    await run();
    assert.ok(existsSync(join(project, '.setup/compiled')));
  } finally {
    disk.unmount();
  }
});
