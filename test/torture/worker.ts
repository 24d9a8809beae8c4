import { writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { startKnowledge } from '../../src/knowledge/client.ts';
import type { Tuning } from '../../src/knowledge/upkeep.ts';
import { createRandom, oneOf } from '../doubles/seeded-random.ts';
import { type DocumentName, documentOf, embeddingModel, partsOf, vectorOf } from './documents.ts';
import { apply, documentsOf, type LaneState, nextOperation, type Operation, sharedCollection } from './operations.ts';

/** What a worker is told to do. */
export type Order = {
  dataDir: string;
  seed: number;
  /** The number of this worker among those that have written to the store, so that no version is written twice. */
  round: number;
  lanes: LaneState[];
  /** How many writes each lane makes. */
  operations: number;
  growing?: boolean;
  hangTimeoutMs?: number;
  tuning?: Partial<Tuning>;
};

/** What a worker reports, as lines of JSON: `begin` before a write is sent, `done` when it is acknowledged. */
export type Told =
  | { host: number }
  | { died: string }
  | { begin: Operation; lane: number }
  | { done: number; lane: number }
  | { failed: string; lane: number }
  | { wrong: string }
  | { unanswered: string }
  | { refused: string; message: string }
  | { finished: true };

/** Writes synchronously, so that a report has left the process even if it is killed right afterwards. */
const tell = (told: Told) => writeSync(1, `${JSON.stringify(told)}\n`);

type Knowledge = Awaited<ReturnType<typeof startKnowledge>>;

async function perform(knowledge: Knowledge, operation: Operation): Promise<void> {
  if (operation.kind === 'createCollection') await knowledge.createCollection(operation.collection);
  else if (operation.kind === 'removeCollection') await knowledge.removeCollection(operation.collection);
  else if (operation.kind === 'put')
    await knowledge.put(operation.documents.map((each) => documentOf({ collection: operation.collection, ...each })));
  else {
    const found = await knowledge.findSource(operation.collection, operation.source);
    if (found) await knowledge.remove(found.id);
  }
}

/** Searches for a passage whose write is acknowledged, as a user would while others write, and reports a wrong result. */
async function look(knowledge: Knowledge, name: DocumentName, part: number): Promise<void> {
  const { collection, source, version } = name;
  const { text, passages } = documentOf(name);
  const vector = vectorOf(collection, source, version, part, 0);
  const [best] = await knowledge.search({ collection, question: '?', vector, topK: 1 });
  const { start, end } = passages[part]!;
  if (best?.source !== source || best.text !== text.slice(start, end))
    tell({ wrong: `asked for part ${part} of ${collection}/${source}@${version}, got ${best?.source}: ${best?.text}` });
}

/** The documents of a lane that a write leaves as they are. */
function untouched(lane: number, state: LaneState, operation: Operation) {
  const say = (name: DocumentName) => JSON.stringify(Object.values(name));
  const after = new Set(documentsOf(lane, apply(state, operation)).map(say));
  return documentsOf(lane, state).filter((name) => after.has(say(name)));
}

async function run(order: Order): Promise<void> {
  const { dataDir, hangTimeoutMs, tuning } = order;
  const options = {
    dataDir,
    embeddingModel,
    ...(hangTimeoutMs && { hangTimeoutMs }),
    ...(tuning && { tuning }),
    onRestart: (died: string) => tell({ died }),
  };
  const knowledge = await startKnowledge(options);
  let host: number | undefined;
  const tellHost = () => {
    const pid = knowledge.hostPid();
    if (pid !== undefined && pid !== host) tell({ host: pid });
    host = pid ?? host;
  };
  tellHost();
  const lookAtSome = async (names: DocumentName[], most: number) => {
    for (const name of names.slice(0, most))
      await look(knowledge, name, name.version % partsOf(name)).catch((error: { code?: string }) =>
        tell({ unanswered: String(error.code) }),
      );
  };
  const watch = setInterval(tellHost, 5);
  await knowledge.createCollection(sharedCollection);

  await Promise.all(
    order.lanes.map(async (before, lane) => {
      const random = createRandom(order.seed + lane);
      let state = before;
      for (let at = 0; at < order.operations; at += 1) {
        const version = order.round * 100_000 + at;
        const operation = nextOperation(random, { lane, state, version, growing: order.growing ?? false });
        tell({ begin: operation, lane });
        try {
          await perform(knowledge, operation);
        } catch (error) {
          tell({ failed: String((error as { code?: string }).code), lane });
          // Whether the write was carried out is unknown; the other documents must be readable as before.
          await lookAtSome(untouched(lane, state, operation), 10);
          return;
        }
        tell({ done: at, lane });
        state = apply(state, operation);
        const there = documentsOf(lane, state);
        if (random() < 0.3 && there.length > 0) await lookAtSome([oneOf(random, there)], 1);
      }
      await lookAtSome(documentsOf(lane, state), 10);
    }),
  );
  tell({ finished: true });
  clearInterval(watch);
  await wait(0); // lets the runner strike first, if it has a strike for "finished"
  await knowledge.close();
}

run(JSON.parse(process.argv[2]!)).catch((error: Error & { code?: string }) => {
  tell({ refused: String(error.code), message: error.message });
  process.exitCode = 1;
});
