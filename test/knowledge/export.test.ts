import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startKnowledge } from '../../src/knowledge/client.ts';
import { type ExportedPassage, exportPassages } from '../../src/knowledge/export.ts';
import { runCommand } from '../doubles/command-line.ts';
import { startService } from '../doubles/service.ts';
import { smallDimension, smallDocument } from '../doubles/small-document.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

const parse = (lines: string) =>
  lines
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as ExportedPassage);

test('exporting from a service that goes on writing lists each passage once, as the exact slice of its document', async (t) => {
  const service = await startService(t, { embedded: true });
  const folder = await temporaryFolder(t);
  const file = join(folder, 'passages.jsonl');
  const settings = { DATA_DIR: service.dataDir };
  const text = (at: number) =>
    `# Tree ${at}\n\nTree ${at} — an “alder” \u{1f333} — stands near pond ${at}.\nIt is old.`;
  for (let at = 0; at < 5; at += 1) await service.add(`${at}.md`, text(at), { metadata: { at } });
  let ended = false;
  const run = runCommand(['export', file, '--vectors'], settings).finally(() => {
    ended = true;
  });
  let written = 5;
  for (; !ended; written += 1) await service.add(`${written}.md`, text(written), { metadata: { at: written } });
  const { code, stderr } = await run;
  assert.equal(code, 0, stderr);
  const passages = parse(readFileSync(file, 'utf8'));
  assert.match(stderr, new RegExp(`Exported ${passages.length} passages to `));
  assert.ok(passages.length >= 5 && passages.length <= written);
  assert.equal(new Set(passages.map(({ passageId }) => passageId)).size, passages.length);
  for (const { documentId, source, metadata, start, end, text: shown, windows } of passages) {
    const { json: document } = await service.call('GET', `/documents/${documentId}`);
    assert.equal(document.source, source);
    assert.deepEqual(document.metadata, metadata);
    const whole = text(Number(metadata.at));
    assert.equal(whole.slice(start, end), shown);
    assert.ok(windows.length > 0);
    for (const window of windows) {
      assert.ok(window.start >= start && window.end <= end);
      assert.ok(Math.abs(Math.hypot(...window.vector!) - 1) < 1e-3);
    }
  }

  const again = await runCommand(['export', file], settings);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /already.*--force/);
  assert.equal((await runCommand(['export', file, '--force'], settings)).code, 0);
  const without = parse(readFileSync(file, 'utf8'));
  assert.ok(without.every(({ windows }) => windows.every((window) => !('vector' in window))));
  const unknown = await runCommand(['export', join(folder, 'b.jsonl'), '--collection', 'nowhere'], settings);
  assert.match(unknown.stderr, /There is no collection of this name\./);
  const nowhere = await runCommand(['export', join(folder, 'no/where.jsonl')], settings);
  assert.match(nowhere.stderr, /can't be written/);
  assert.deepEqual(readdirSync(folder), ['passages.jsonl']);
});

test('collections are exported in order, all or one of them, with their vectors bit for bit', async (t) => {
  const dataDir = await temporaryFolder(t);
  const knowledge = await startKnowledge({ dataDir, embeddingModel: 'hashed' });
  for (const name of ['b', 'a']) await knowledge.createCollection(name);
  await knowledge.put([smallDocument('2.md', 'An oak.', 'b'), smallDocument('1.md', 'An elm.\nA yew.', 'b')]);
  await knowledge.put([smallDocument('3.md', 'An ash.', 'a')]);
  await knowledge.close();
  const told: [number, number][] = [];
  const onProgress = (done: number, total: number) => told.push([done, total]);
  const all = parse([...exportPassages({ dataDir, vectors: true, onProgress })].join(''));
  assert.deepEqual(
    all.map(({ collection, source, text }) => `${collection} ${source} ${text}`),
    ['a 3.md An ash.', 'b 1.md An elm.', 'b 1.md A yew.', 'b 2.md An oak.'],
  );
  assert.deepEqual(told, [[4, 4]]);
  const { vectors } = smallDocument('1.md', 'An elm.\nA yew.');
  const exported = all.slice(1, 3).flatMap(({ windows }) => windows.flatMap(({ vector }) => vector!));
  assert.deepEqual(Float32Array.from(exported), vectors);
  assert.equal(exported.length, 2 * smallDimension);
  assert.equal(parse([...exportPassages({ dataDir, collection: 'a' })].join('')).length, 1);
});

test('an export to stdout prints only its lines, and a reader that stops early is not an error', async (t) => {
  const dataDir = await temporaryFolder(t);
  const knowledge = await startKnowledge({ dataDir, embeddingModel: 'hashed' });
  await knowledge.createCollection('default');
  for (let part = 0; part < 4; part += 1)
    await knowledge.put(
      Array.from({ length: 500 }, (_, at) => smallDocument(`${part}-${at}.md`, `Tree ${at}.\n`.repeat(2))),
    );
  await knowledge.close();
  const { stdout, stderr, code } = await runCommand(['export', '-', '--vectors'], { DATA_DIR: dataDir });
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(parse(stdout).length, 4000);

  const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
  const early = spawn(process.execPath, [cli, 'export', '-', '--vectors'], {
    env: { PATH: process.env.PATH, DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const told = early.stderr.setEncoding('utf8').toArray();
  early.stdout.once('data', () => early.stdout.destroy());
  const [exitCode] = await once(early, 'exit');
  assert.deepEqual([exitCode, await told], [0, []]);

  const nothing = join(dataDir, 'nothing');
  assert.match((await runCommand(['export', '-'], { DATA_DIR: nothing })).stderr, /Nothing is stored/);
  writeFileSync(join(dataDir, 'assay.db'), 'no database, whatever its name is');
  assert.match((await runCommand(['export', '-'], { DATA_DIR: dataDir })).stderr, /damaged/);
});

test('an export or a backup replaces nothing that is no file, and names a place that cannot be written to', async (t) => {
  const folder = await temporaryFolder(t);
  const settings = { DATA_DIR: join(folder, 'data') };
  const knowledge = await startKnowledge({ dataDir: settings.DATA_DIR, embeddingModel: 'hashed' });
  await knowledge.close();
  const pipe = join(folder, 'pipe');
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
  const tooLong = join(folder, 'x'.repeat(300));
  for (const command of ['export', 'backup']) {
    const refused = await runCommand([command, pipe, '--force'], settings);
    assert.deepEqual([refused.code, refused.stderr], [1, `${pipe} is not a file.\n`]);
    assert.ok(statSync(pipe).isFIFO());
    const failed = await runCommand([command, tooLong], settings);
    assert.deepEqual([failed.code, failed.stderr], [1, `${tooLong} can't be written there.\n`]);
  }
  assert.deepEqual(readdirSync(folder).sort(), ['data', 'pipe']);
});
