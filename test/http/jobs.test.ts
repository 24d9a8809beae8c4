import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fail } from '../doubles/openai-replies.ts';
import { startService } from '../doubles/service.ts';
import { type Test, temporaryFolder } from '../doubles/temporary-folder.ts';

async function startWithFolder(t: Test, files: number) {
  const folder = await temporaryFolder(t);
  mkdirSync(join(folder, 'deep/deeper'), { recursive: true });
  for (let at = 0; at < files; at += 1)
    writeFileSync(
      join(folder, at % 2 ? 'deep/deeper' : '.', `${at}.md`),
      `# Tree ${at}\n\nTree ${at} stands near pond ${at}.`,
    );
  const service = await startService(t, { settings: { CORPUS_DIR: folder } });
  /** The events of a job, to its end. */
  const events = async (id: string) => {
    const response = await fetch(`${service.url}/jobs/${id}`, { headers: { accept: 'text/event-stream' } });
    return (await response.text())
      .split('\n\n')
      .filter(Boolean)
      .map((event) => {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event)!;
        return { name: name!, job: JSON.parse(data!) };
      });
  };
  return { ...service, folder, events };
}

test('a job ingests the corpus in the background, reports its progress, and ends', async (t) => {
  const { call, events, folder } = await startWithFolder(t, 30);
  writeFileSync(join(folder, 'bad.pdf'), 'no pdf');
  const started = await call('POST', '/jobs', {});
  assert.equal(started.status, 202);
  const told = await events(started.json.id);
  assert.equal(told.at(-1)?.name, 'done');
  const { status, progress, error } = told.at(-1)!.job;
  assert.deepEqual([status, error], ['done', null]);
  assert.deepEqual([progress.files, progress.done, progress.added, progress.skipped], [31, 31, 30, 1]);
  assert.deepEqual([progress.failed[0].source, progress.failed[0].code], ['bad.pdf', 'BAD_DOCUMENT']);
  const dones = told.map(({ job }) => job.progress.done);
  assert.deepEqual(
    dones,
    [...dones].sort((one, other) => one - other),
  );
  assert.equal((await call('GET', '/documents?limit=1000')).json.documents.length, 30);

  const again = await call('POST', '/jobs', {});
  assert.equal((await events(again.json.id)).at(-1)?.job.progress.unchanged, 30);
  assert.equal((await call('GET', `/jobs/${again.json.id}`)).json.status, 'done');
});

test('a cancelled job stops; what it has stored stays, and the next job goes on from there', async (t) => {
  const { call, events, openai } = await startWithFolder(t, 40);
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  for (let at = 0; at < 5; at += 1) openai.embeddings({});
  for (let at = 0; at < 4; at += 1) openai.embeddings({ until: held });
  const { json } = await call('POST', '/jobs', {});
  assert.equal((await call('POST', '/jobs', {})).json.id, json.id, 'one job at a time for a collection');
  await openai.waitFor(() => openai.embeddingRequests.length >= 9);
  const cancelled = call('DELETE', `/jobs/${json.id}`);
  release();
  assert.equal((await cancelled).json.status, 'cancelled');
  const kept = (await call('GET', '/documents?limit=1000')).json.documents.length;
  assert.ok(kept >= 5 && kept < 40, `${kept}`);
  const next = await call('POST', '/jobs', {});
  const { progress } = (await events(next.json.id)).at(-1)!.job;
  assert.deepEqual([progress.unchanged, progress.added], [kept, 40 - kept]);
});

test('a job whose model server refuses every call ends as failed, and the log says why', async (t) => {
  const { call, events, openai, waitForLog } = await startWithFolder(t, 10);
  for (let at = 0; at < 8; at += 1) openai.embeddings(fail.status(401));
  const { json } = await call('POST', '/jobs', {});
  const { status, error } = (await events(json.id)).at(-1)!.job;
  assert.deepEqual([status, error], ['failed', 'MODEL_REJECTED']);
  const line = JSON.parse(await waitForLog('a job failed'));
  assert.deepEqual([line.level, line.jobId, line.error.code, line.error.cause.status], [40, json.id, error, 401]);
  for (let at = openai.embeddingRequests.length; at < 8; at += 1) await call('POST', '/search', { question: 'x' });
});

for (const [server, tooLong] of [
  ['OpenAI', fail.status(400, { code: 'context_length_exceeded', message: 'too many tokens' })],
  ['llama.cpp', fail.status(500, { message: 'input (596 tokens) is too large to process. increase the batch size' })],
] as const)
  test(`a document that is too long for the embedding model is reported, and the job goes on with the others: ${server}`, async (t) => {
    const { call, events, openai } = await startWithFolder(t, 12);
    openai.embeddingsWhen(({ input }) => [input].flat().some((text) => text.includes('pond 1.')), tooLong);
    const { json } = await call('POST', '/jobs', {});
    const { status, progress } = (await events(json.id)).at(-1)!.job;
    assert.deepEqual([status, progress.done, progress.added, progress.skipped], ['done', 12, 11, 1]);
    const [{ source, code, message }] = progress.failed;
    assert.deepEqual([source, code], ['deep/deeper/1.md', 'MODEL_REJECTED']);
    assert.match(message, /too long/);
  });

test('of a file that cannot be ingested for a reason that nobody foresaw, the log says where it came from, and repeats nothing', async (t) => {
  const { call, events, parts, logLines } = await startWithFolder(t, 3);
  const { put } = parts.knowledge;
  parts.knowledge.put = async (documents) => {
    if (documents.some(({ source }) => source === '2.md')) throw new TypeError('Tree 2 is undefined');
    return put(documents);
  };
  const { json } = await call('POST', '/jobs', {});
  const { progress } = (await events(json.id)).at(-1)!.job;
  assert.deepEqual(progress.failed, [{ source: '2.md', code: 'INTERNAL', message: 'it could not be read' }]);
  const line = logLines.find((each) => each.includes('a file was not ingested')) ?? '{}';
  const { level, error } = JSON.parse(line);
  assert.deepEqual([level, error?.code, error?.cause.name], [50, 'INTERNAL', 'TypeError']);
  assert.match(error.frames[0], /jobs\.test\.ts/);
  assert.doesNotMatch(line, /Tree 2|2\.md/);
});

test('a job cannot be given a path, and an unknown job is a 404', async (t) => {
  const { call } = await startWithFolder(t, 1);
  assert.equal((await call('POST', '/jobs', { path: '/etc' })).json.error.code, 'UNKNOWN_FIELD');
  assert.equal((await call('POST', '/jobs', { collection: 'nowhere' })).json.error.code, 'COLLECTION_NOT_FOUND');
  for (const method of ['GET', 'DELETE']) assert.equal((await call(method, '/jobs/none')).status, 404);
});
