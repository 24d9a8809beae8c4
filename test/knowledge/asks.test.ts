import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startKnowledge } from '../../src/knowledge/client.ts';
import { startService } from '../doubles/service.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

const hour = 3_600_000;
const recordOf = (id: string, ageMs: number) => ({
  id,
  collection: 'default',
  keyName: null,
  createdAt: new Date(Date.now() - ageMs).toISOString(),
  reply: { answer: id },
});

function storedIn(dataDir: string): string[] {
  const database = new DatabaseSync(join(dataDir, 'asks.db'), { readOnly: true });
  try {
    return database
      .prepare('SELECT id FROM asks ORDER BY id')
      .all()
      .map(({ id }) => String(id));
  } finally {
    database.close();
  }
}

test('a record that is too old is not found before it is deleted, and is deleted at the next start', async (t) => {
  const dataDir = await temporaryFolder(t);
  const options = { dataDir, embeddingModel: 'm', askRetentionMs: 12 * hour };
  const knowledge = await startKnowledge(options);
  t.after(() => knowledge.close());
  for (let at = 0; at < 600; at += 1) await knowledge.saveAsk(recordOf(`old-${at}`, 13 * hour));
  await knowledge.saveAsk(recordOf('young', 11 * hour));
  assert.equal(await knowledge.ask('old-0'), null);
  assert.equal((await knowledge.ask('young'))?.id, 'young');
  assert.equal(storedIn(dataDir).length, 601);
  await knowledge.close();

  const again = await startKnowledge(options);
  t.after(() => again.close());
  // More than one round deletes: it goes on by itself until only the young one is left.
  while (storedIn(dataDir).length > 1) await delay(5);
  assert.deepEqual(storedIn(dataDir), ['young']);
  assert.equal((await again.ask('young'))?.id, 'young');
});

test('a shorter retention holds for what was kept under a longer one', async (t) => {
  const dataDir = await temporaryFolder(t);
  const long = await startKnowledge({ dataDir, embeddingModel: 'm', askRetentionMs: 48 * hour });
  await long.saveAsk(recordOf('yesterday', 24 * hour));
  assert.equal((await long.ask('yesterday'))?.id, 'yesterday');
  await long.close();
  const short = await startKnowledge({ dataDir, embeddingModel: 'm', askRetentionMs: 12 * hour });
  t.after(() => short.close());
  assert.equal(await short.ask('yesterday'), null);
});

test('ASKS_RETENTION: an ask is found within it; with 0 none is kept', async (t) => {
  const asked = async (settings: Record<string, string>) => {
    const service = await startService(t, { embedded: true, settings });
    await service.add('a.md', 'Alder wood is light. It does not rot under water.');
    const { json } = await service.call('POST', '/ask', { question: 'How is alder wood?' });
    const { status } = await service.call('GET', `/asks/${json.id}`);
    await service.close();
    return { status, stored: storedIn(service.dataDir).length };
  };
  assert.deepEqual(await asked({ ASKS_RETENTION: '1m' }), { status: 200, stored: 1 });
  assert.deepEqual(await asked({ ASKS_RETENTION: '0' }), { status: 404, stored: 0 });
});
