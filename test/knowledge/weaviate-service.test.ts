import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startService } from '../doubles/service.ts';
import { noWeaviate, startWeaviateNodes } from '../doubles/weaviate.ts';

const corpus = fileURLToPath(new URL('../../corpus/', import.meta.url));

test('the whole service works with Weaviate as its store: ingesting, asking, restarts, outages, and keys kept to their collections', {
  skip: noWeaviate,
}, async (t) => {
  const nodes = await startWeaviateNodes(t);
  const settings = {
    WEAVIATE_URL: nodes.endpoints.join(),
    API_KEYS: 'ann:canary-key-of-ann:default|ours:ask|write|admin,bob:canary-key-of-bob:default:ask',
  };
  const ann = { authorization: 'Bearer canary-key-of-ann' };
  const bob = { authorization: 'Bearer canary-key-of-bob' };

  const first = await startService(t, { embedded: true, settings });
  for (const file of ['neuron-state-anomalies.md', 'glossary.md'])
    assert.ok((await first.parts.ingestFile('default', corpus + file, file)).passages > 0);
  assert.equal((await first.parts.ingestFile('default', `${corpus}glossary.md`, 'glossary.md')).unchanged, true);
  const question = 'How many epochs did the training of the digit network take?';
  const asked = await first.call('POST', '/ask', { question }, ann);
  assert.equal(asked.status, 200);
  assert.equal(asked.json.context.length, 3);
  assert.equal(asked.json.verdict.label, 'Correct');
  for (const { text, start, end, documentId } of asked.json.context) {
    const document = await first.call('GET', `/documents/${documentId}`, undefined, bob);
    assert.equal(document.json.text.slice(start, end), text);
  }

  // Collections are isolated from each other in the engine, and keys are limited as with the embedded store.
  assert.equal((await first.call('PUT', '/collections/ours', undefined, ann)).status, 201);
  const secret = {
    source: 'secret.md',
    text: 'The cellar holds forty casks of cider.',
    format: 'markdown',
    collection: 'ours',
  };
  const added = await first.call('POST', '/documents', secret, ann);
  assert.equal(added.status, 201, added.text);
  const cider = { question: 'How many casks of cider does the cellar hold?' };
  const ours = await first.call('POST', '/ask', { ...cider, collection: 'ours' }, ann);
  assert.match(ours.json.answer, /forty/);
  const theirs = await first.call('POST', '/ask', cider, ann);
  assert.ok(theirs.json.context.every((passage: { source: string }) => passage.source !== 'secret.md'));
  assert.equal((await first.call('POST', '/ask', { ...cider, collection: 'ours' }, bob)).status, 404);
  const id = added.json.documents?.[0]?.id ?? added.json.id;
  assert.ok((await first.call('GET', `/documents/${id}`, undefined, bob)).status >= 403);
  await first.close();

  // Another instance with its own data folder finds everything, even after the engine was killed and started again.
  await nodes.kill();
  await nodes.start();
  const second = await startService(t, { embedded: true, settings });
  const again = await second.call('POST', '/ask', { question }, bob);
  assert.equal(again.json.answer, asked.json.answer);
  // The other passages may change places: the engine weighs words slightly differently after it was killed.
  assert.equal(again.json.context[0].id, asked.json.context[0].id);
  const record = await second.call('GET', `/asks/${asked.json.id}`, undefined, ann);
  assert.equal(record.json.answer, asked.json.answer);
  const health = await second.call('GET', '/health/ready', undefined, ann);
  assert.equal(health.status, 200);

  // Without its engine the service stays alive, reports that it is not ready, and answers with a code that means: try again.
  await nodes.hold();
  const ready = async () => (await second.call('GET', '/health/ready')).status;
  assert.equal(await ready(), 503);
  assert.equal((await second.call('GET', '/health/live')).status, 200);
  await nodes.release();
  while ((await ready()) !== 200) await second.call('GET', '/health/live');
  await nodes.kill();
  assert.equal(await ready(), 503);
  const unanswered = await second.call('POST', '/ask', { question }, bob);
  assert.deepEqual([unanswered.status, unanswered.json.error.code], [503, 'NOT_READY']);
  await nodes.start();
  assert.equal((await second.call('POST', '/ask', { question }, bob)).status, 200);
  assert.equal((await second.call('DELETE', '/collections/ours', undefined, ann)).status, 204);
  const gone = await second.call('POST', '/ask', { ...cider, collection: 'ours' }, ann);
  assert.equal(gone.json.error.code, 'COLLECTION_NOT_FOUND');
  for (const line of [...first.logLines, ...second.logLines]) assert.doesNotMatch(line, /canary-key|casks/);
});
