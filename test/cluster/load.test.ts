import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../doubles/seeded-random.ts';
import { startService } from '../doubles/service.ts';
import { createLoad, noFaults, type Outcome } from './load.ts';
import { sourcesOf, textOf } from './material.ts';

test('the check of a cluster detects a lost document, an older version, and a removed document that came back', async (t) => {
  const service = await startService(t, { settings: { CHUNK_SIZE_TOKENS: '32', CHUNK_OVERLAP_TOKENS: '0' } });
  const sources = sourcesOf('default', 0, 8);
  const outcomes: Outcome[] = [];
  const faults = noFaults();
  const load = createLoad(service.url, sources, faults, outcomes);
  await load.write(createRandom(3), sources, () => outcomes.length >= 60);
  await load.checkAll();
  assert.deepEqual(faults, noFaults(), 'all is well');
  assert.ok(outcomes.every(({ done }) => done));

  const [lost, older] = sources.filter(({ acknowledged }) => acknowledged !== null);
  const removed = sources.find(({ id, acknowledged }) => id !== null && acknowledged === null);
  assert.ok(lost && older && removed, 'the seed leaves some of each');
  await service.call('DELETE', `/documents/${lost.id}`);
  await service.add(older.name, textOf(older, older.acknowledged! + 1000), { format: 'text' });
  await service.add(removed.name, textOf(removed, 1), { format: 'text' });
  await load.checkAll();
  const told = (kind: keyof typeof faults, name: string) => faults[kind].some((fault) => fault.includes(name));
  assert.ok(told('lost', lost.name), 'lost');
  assert.ok(told('lost', older.name), 'in another version');
  assert.ok(told('half', older.name), 'found in another version');
  assert.ok(told('resurrected', removed.name), 'came back');
});
