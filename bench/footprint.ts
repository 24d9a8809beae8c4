import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startKnowledge } from '../src/knowledge/client.ts';
import type { Knowledge } from '../src/knowledge/port.ts';
import { startWeaviate } from '../src/knowledge/weaviate/start-weaviate.ts';
import { temporaryFolder } from '../test/doubles/temporary-folder.ts';
import { startWeaviateNodes } from '../test/doubles/weaviate.ts';
import { collection, createMaterial, gathered, passagesPerDocument } from './material.ts';
import { settle } from './measure-assay.ts';
import { childrenOf } from './memory.ts';
import { createOwner } from './owner.ts';

/**
 * `npm run bench:footprint -- [--passages 4000,12000] [--windows 5]`: how much a passage with this many windows takes in the embedded store
 * and in one node of Weaviate: bytes on the disk, and anonymous memory after a restart of the store, from the difference between the two
 * sizes. `bench/capacity.ts` is based on these. Weaviate must be built (`node scripts/weaviate.mjs`).
 */
const { values } = parseArgs({
  options: { passages: { type: 'string', default: '4000,12000' }, windows: { type: 'string', default: '5' } },
});
const sizes = values.passages.split(',').map(Number);
const windows = Number(values.windows);
const settings = { embeddingModel: 'bench', askRetentionMs: 86_400_000 };

const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, file) => sum + (file.isFile() ? file.blocks * 512 : 0), 0);

/** The anonymous memory, in bytes, of this process's descendants with this name: unlike pages of files, it can't be given back. */
function anonymousBytes(name: string, pid = process.pid): number {
  const own = childrenOf(pid).reduce((sum, child) => sum + anonymousBytes(name, child), 0);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  if (pid === process.pid || !status.startsWith(`Name:\t${name}\n`)) return own;
  return own + Number(/^RssAnon:\s+(\d+) kB/m.exec(status)![1]) * 1024;
}

async function fill(knowledge: Knowledge, from: number, to: number): Promise<void> {
  if (from === 0) await knowledge.createCollection(collection);
  const material = createMaterial(sizes.at(-1)! * windows);
  const documents = (passages: number) => Math.ceil((passages * windows) / passagesPerDocument);
  for (let number = documents(from); number < documents(to); number += 1)
    await knowledge.put([gathered(material.documentOf(number), windows)]);
}

type Point = { passages: number; disk: number; memory: number };

function say(store: string, points: Point[]) {
  for (const { passages, disk, memory } of points)
    process.stdout.write(
      `${store}, ${passages} passages: ${(disk / 2 ** 20).toFixed(1)} MiB on the disk, ${(memory / 2 ** 20).toFixed(1)} MiB of memory\n`,
    );
  const [first, last] = [points[0]!, points.at(-1)!];
  const slope = (of: 'disk' | 'memory') => Math.round((last[of] - first[of]) / (last.passages - first.passages));
  process.stdout.write(`${store}: ${slope('disk')} bytes a passage on the disk, ${slope('memory')} of memory\n`);
}

const owner = createOwner();
try {
  const folder = await temporaryFolder(owner);
  const embedded: Point[] = [];
  for (const [at, passages] of sizes.entries()) {
    const filling = await startKnowledge({ dataDir: folder, ...settings });
    await fill(filling, sizes[at - 1] ?? 0, passages);
    await settle(filling);
    await filling.close();
    const knowledge = await startKnowledge({ dataDir: folder, ...settings });
    await settle(knowledge);
    const memory = anonymousBytes(readFileSync(`/proc/${knowledge.hostPid()}/comm`, 'utf8').trim());
    await knowledge.close();
    embedded.push({ passages, disk: bytesIn(folder), memory });
  }
  say('Embedded', embedded);

  const nodes = await startWeaviateNodes(owner);
  const engine: Point[] = [];
  for (const [at, passages] of sizes.entries()) {
    const knowledge = await startWeaviate({ ...nodes, ...settings });
    await fill(knowledge, sizes[at - 1] ?? 0, passages);
    await knowledge.close();
    await nodes.kill();
    await nodes.start();
    const reading = await startWeaviate({ ...nodes, ...settings });
    const { vector, question } = createMaterial(sizes.at(-1)! * windows).questionOf(0);
    for (let again = 0; again < 20; again += 1) await reading.search({ collection, question, vector, topK: 3 });
    await reading.close();
    engine.push({ passages, disk: bytesIn(nodes.folder), memory: anonymousBytes('weaviate-server') });
  }
  say('Weaviate', engine);
} finally {
  await owner.end();
}
