import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { startWeaviate } from '../../src/knowledge/weaviate/start-weaviate.ts';
import { smallDocument } from '../doubles/small-document.ts';
import type { Test } from '../doubles/temporary-folder.ts';
import { noWeaviate, startWeaviateNodes } from '../doubles/weaviate.ts';

/** A proxy to an engine that can hold up the requests that count. */
async function holdCounts(t: Test, endpoint: string) {
  let { promise: released, resolve: release } = Promise.withResolvers<void>();
  release();
  const server = createServer(async (request, reply) => {
    const body = await text(request);
    if (body.includes('Aggregate')) await released;
    const { method = '', url = '' } = request;
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(endpoint + url, { method, headers, ...(body !== '' && { body }) }).catch(() => null);
    if (answer) reply.writeHead(answer.status).end(await answer.text());
    else reply.destroy();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(async () => void server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold() {
      ({ promise: released, resolve: release } = Promise.withResolvers<void>());
    },
    release: () => release(),
  };
}

test('while counting takes long, stats returns the last counts; with the engine gone it fails', {
  skip: noWeaviate,
}, async (t) => {
  const nodes = await startWeaviateNodes(t);
  const counts = await holdCounts(t, nodes.endpoints[0]!);
  const knowledge = await startWeaviate({ endpoints: [counts.url], embeddingModel: 'hashed', askRetentionMs: 1 });
  t.after(() => knowledge.close());
  await knowledge.createCollection('pond');
  await knowledge.put([smallDocument('a.md', 'Alder', 'pond')]);
  const before = await knowledge.stats();
  assert.equal(before.documents, 1);
  await knowledge.put([smallDocument('b.md', 'Birch', 'pond')]);
  counts.hold();
  assert.deepEqual(await knowledge.stats(), before);
  counts.release();
  while ((await knowledge.stats()).documents < 2);
  // Remembered counts must not hide that the engine is gone.
  await nodes.kill();
  await assert.rejects(knowledge.stats(), { code: 'NOT_READY' });
});
