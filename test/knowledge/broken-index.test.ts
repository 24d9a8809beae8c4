import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startKnowledge } from '../../src/knowledge/client.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

test('a request that crashes the host every time is given up after three attempts, and the store keeps working', async (t) => {
  const causes: string[] = [];
  const dataDir = await temporaryFolder(t);
  const knowledge = await startKnowledge({ dataDir, embeddingModel: 'm', onRestart: (cause) => causes.push(cause) });
  t.after(() => knowledge.close());
  await knowledge.createCollection('default');
  // The service never sends anything like this, so it fails where no failure is expected.
  const nonsense = knowledge.put([{ collection: 'default', source: 'x', vectors: new Float32Array(1) } as never]);
  const good = knowledge.stats();
  await assert.rejects(nonsense, { code: 'NOT_READY', message: /each time it worked on this/ });
  assert.equal((await good).collections, 1);
  assert.equal((await knowledge.stats()).documents, 0);
  assert.equal(causes.length, 3);
});
