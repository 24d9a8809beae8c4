import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitAtLimits } from '../../src/ingest/wait-at-limits.ts';
import { runCommand } from '../doubles/command-line.ts';
import { fail } from '../doubles/openai-replies.ts';
import { startOpenAiServer } from '../doubles/openai-server.ts';
import { openServedModels } from '../doubles/served-models.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';

const patience = { first: 1, most: 4, inAll: 60_000 };

async function openPatient(t: Test, more: Partial<typeof patience> = {}) {
  const { openai, embeddings } = await openServedModels(t);
  const waits: number[] = [];
  const onWait = (seconds: number) => void waits.push(seconds);
  return { openai, waits, patient: waitAtLimits(embeddings, { onWait, patience: { ...patience, ...more } }) };
}

test('calls that a server limits are made again until they get through, and waits are told once', async (t) => {
  const { openai, waits, patient } = await openPatient(t);
  const limited = fail.status(429);
  openai.embeddings(...Array(7).fill(limited));
  const vectors = await Promise.all([patient.embedDocuments(['an oak']), patient.embedDocuments(['an elm'])]);
  assert.deepEqual(
    vectors.map(({ length }) => length),
    [1, 1],
  );
  assert.deepEqual([openai.embeddingRequests.length, waits], [9, [1]]);
  openai.embeddings(limited);
  await patient.embedDocuments(['a fir']);
  assert.equal(waits.length, 2, 'after one got through, the next wait is told');
});

test('a used-up quota and other failures are not waited for, nor a limit for ever', async (t) => {
  const { openai, waits, patient } = await openPatient(t, { inAll: 30 });
  for (const failure of [fail.status(429, { code: 'insufficient_quota' }), fail.status(503), fail.status(401)]) {
    openai.embeddings(failure);
    await assert.rejects(patient.embedDocuments(['an oak']), { name: 'AppError' });
  }
  assert.deepEqual([openai.embeddingRequests.length, waits], [3, []]);
  openai.embeddings(fail.status(429, { retryAfterSeconds: 1 }));
  await assert.rejects(patient.embedDocuments(['an oak']), { code: 'MODEL_UNAVAILABLE', retryAfterSeconds: 1 });
  openai.embeddingsWhen(/elm/, fail.status(429));
  await assert.rejects(patient.embedDocuments(['an elm']), { code: 'MODEL_UNAVAILABLE' });
});

test('who gives up while a limit is waited for is heard at once', async (t) => {
  const leaving = new AbortController();
  const { openai, embeddings } = await openServedModels(t);
  openai.embeddings(fail.status(429, { retryAfterSeconds: 600 }));
  const patient = waitAtLimits(embeddings, { onWait: () => setImmediate(() => leaving.abort(new Error('enough'))) });
  await assert.rejects(patient.embedDocuments(['an oak'], { signal: leaving.signal }), { message: 'enough' });
});

test('an ingest of a folder and the making of new vectors go on where a model server limited their calls', async (t) => {
  const openai = await startOpenAiServer({ test: t });
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'docs'));
  for (const tree of ['oak', 'elm', 'fir'])
    await writeFile(join(folder, 'docs', `${tree}.md`), `The ${tree} stands on the hill.`);
  const settings = {
    DATA_DIR: join(folder, 'data'),
    OPENAI_BASE_URL: openai.baseUrl,
    MODEL_MAX_RETRIES: '0',
    EMBEDDING_MODEL: 'one',
  };
  openai.embeddingsWhen(/elm/, fail.status(429), {});
  const ingested = await runCommand(['ingest', '--json', join(folder, 'docs')], settings);
  assert.deepEqual([ingested.code, JSON.parse(ingested.stdout).added], [0, 3], ingested.stderr);
  assert.match(ingested.stderr, /the model server limits calls; the ingest waits/);
  openai.embeddingsWhen(/fir/, fail.status(429), {});
  const anew = await runCommand(['reembed', '--json'], { ...settings, EMBEDDING_MODEL: 'two' });
  assert.deepEqual([anew.code, JSON.parse(anew.stdout).passages], [0, 3], anew.stderr);
  assert.match(anew.stderr, /limits calls: waiting for at least 2 seconds/);
});
