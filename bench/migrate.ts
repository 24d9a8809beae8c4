import { parseArgs } from 'node:util';
import { startKnowledge } from '../src/knowledge/client.ts';
import { migrate } from '../src/knowledge/migrate.ts';
import type { Knowledge } from '../src/knowledge/port.ts';
import { readEmbedded } from '../src/knowledge/read-embedded.ts';
import type { StoreReader } from '../src/knowledge/store-reader.ts';
import { readWeaviate } from '../src/knowledge/weaviate/read-weaviate.ts';
import { startWeaviate } from '../src/knowledge/weaviate/start-weaviate.ts';
import { temporaryFolder } from '../test/doubles/temporary-folder.ts';
import { startWeaviateNodes } from '../test/doubles/weaviate.ts';
import { collection, createMaterial, passagesPerDocument } from './material.ts';
import { settle } from './measure-assay.ts';
import { createOwner } from './owner.ts';

/**
 * `npm run bench:migrate -- [--size 50000] [--questions 200]`: migrates this many passages from the embedded store into a new Weaviate and
 * back into another folder; prints how long that takes, whether counts and checksums are equal, and for how many questions the three best
 * passages are the same. Weaviate must be built (`node scripts/weaviate.mjs`).
 */
const { values } = parseArgs({
  options: { size: { type: 'string', default: '50000' }, questions: { type: 'string', default: '200' } },
});
const [size, questions] = [Number(values.size), Number(values.questions)];
const settings = { embeddingModel: 'bench', askRetentionMs: 86_400_000 };
const material = createMaterial(size);
const say = (text: string) => process.stdout.write(`${text}\n`);
const owner = createOwner();

async function timed(what: string, source: StoreReader, target: Knowledge, openTarget: () => Promise<StoreReader>) {
  const began = performance.now();
  let copiedMs = 0;
  const { collections } = await migrate({
    ...{ source, target, openTarget },
    signal: new AbortController().signal,
    onCopy: () => {
      copiedMs = performance.now() - began;
    },
  });
  await source.close();
  const seconds = (ms: number) => (ms / 1000).toFixed(0);
  say(
    `${what}: copied in ${seconds(copiedMs)} s, read back and compared in ${seconds(performance.now() - began - copiedMs)} s`,
  );
  for (const { name, documents, passages, checksum } of collections!)
    say(`  ${name}: ${documents} documents, ${passages} passages, checksum ${checksum}`);
}

/** The texts of the best passages, and those of them that are ahead of any tie for the last place. */
async function bestOf(knowledge: Knowledge, number: number, topK: number) {
  const found = await knowledge.search({ collection, ...material.questionOf(number), topK: 20 });
  const last = found[topK - 1]?.score ?? 0;
  const above = (score: number) => found.filter((each) => each.score > score).map(({ text }) => text);
  return { best: new Set(above(last - 1e-6)), sure: above(last + 1e-6) };
}

/** For how many questions two stores find the same `topK` best passages, not counting the order of ties. */
async function sameBest(one: Knowledge, other: Knowledge, topK: number) {
  let same = 0;
  for (let number = 0; number < questions; number += 1) {
    const [first, second] = await Promise.all([one, other].map((store) => bestOf(store, number, topK)));
    const agree =
      first!.sure.every((text) => second!.best.has(text)) && second!.sure.every((text) => first!.best.has(text));
    if (agree) same += 1;
  }
  return `${same} of ${questions}`;
}

try {
  const [first, second] = [await temporaryFolder(owner), await temporaryFolder(owner)];
  const nodes = await startWeaviateNodes(owner);
  const original = await startKnowledge({ dataDir: first, ...settings });
  await original.createCollection(collection);
  for (let number = 0; number * passagesPerDocument < size; number += 1)
    await original.put([material.documentOf(number)]);
  const shared = await startWeaviate({ ...nodes, ...settings });
  await timed('Into Weaviate', readEmbedded(first), shared, () => readWeaviate(nodes));
  const copy = await startKnowledge({ dataDir: second, ...settings });
  await timed('Back', await readWeaviate(nodes), copy, async () => readEmbedded(second));
  await Promise.all([original, copy].map(settle));
  say(
    `The three best passages are the same in both embedded stores for ${await sameBest(original, copy, 3)} questions,`,
  );
  say(
    `in Weaviate and the embedded store for ${await sameBest(original, shared, 3)}; the best one for ${await sameBest(original, shared, 1)}.`,
  );
  await Promise.all([original, shared, copy].map((store) => store.close()));
} finally {
  await owner.end();
}
