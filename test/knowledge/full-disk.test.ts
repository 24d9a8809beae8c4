import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { startKnowledge } from '../../src/knowledge/client.ts';
import { smallDocument } from '../doubles/small-document.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { quiet, signal } from '../torture/victim.ts';

const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** Opens a store, searches it, and waits for the builder of its index; in a process of its own, which may be given limits. */
const reader = `
  import { startKnowledge } from ${module('../../src/knowledge/client.ts')};
  import { hashedEmbedding } from ${module('../doubles/hashed-embedding.ts')};
  import { childrenOf } from ${module('../torture/victim.ts')};
  const knowledge = await startKnowledge({
    dataDir: process.argv[1], embeddingModel: 'hashed', tuning: { snapshotEvery: 100 },
    onRestart: (cause) => console.log('restarted', cause),
  });
  const built = childrenOf(knowledge.hostPid());
  const vector = Float32Array.from(hashedEmbedding('The tree 7 of 3.', 64));
  const [found] = await knowledge.search({ collection: 'default', question: 'tree 7 of 3', vector, topK: 1 });
  console.log(built.length, found?.text);
  while (built.some((pid) => childrenOf(knowledge.hostPid()).includes(pid))) await knowledge.collections();
  await knowledge.close();`;

test('a store whose disk is full is opened, read and closed; a builder that finds no room leaves none taken', async (t) => {
  const dataDir = await temporaryFolder(t);
  const knowledge = await startKnowledge({ dataDir, embeddingModel: 'hashed' });
  t.after(() => knowledge.close());
  await knowledge.createCollection('default');
  const lines = (at: number) => Array.from({ length: 20 }, (_, tree) => `The tree ${tree} of ${at}.`).join('\n');
  await knowledge.put(Array.from({ length: 30 }, (_, at) => smallDocument(`${at}.md`, lines(at))));
  // Killed, it leaves all of it in the log; whoever opens the store next wants to fold that in.
  const host = knowledge.hostPid()!;
  signal(host, 'SIGSTOP');
  const closed = knowledge.close();
  signal(host, 'SIGKILL');
  await closed;
  await quiet(dataDir);

  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', reader, '--', dataDir];
  const child = spawn('bash', ['-c', 'ulimit -f 100; exec "$@"', '-', process.execPath, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said, complaints] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  assert.equal(said, '1 The tree 7 of 3.\n', complaints);
  assert.equal(complaints, '');
  const index = join(dataDir, 'index/1');
  assert.deepEqual(existsSync(index) ? readdirSync(index) : [], []);
});
