import type { Knowledge } from '../../src/knowledge/port.ts';
import type { FoundPassage } from '../../src/passage.ts';
import { textOf } from '../doubles/text-of.ts';
import { type DocumentName, documentOf, partsOf, vectorOf, wordOf } from './documents.ts';
import {
  apply,
  documentsOf,
  type LaneState,
  laneOfSource,
  type Operation,
  ownCollection,
  sharedCollection,
} from './operations.ts';

/** What is wrong with a store: sentences, by kind of fault. */
export type Faults = { lost: string[]; half: string[]; wrong: string[] };

const keyOf = ({ collection, source }: { collection: string; source: string }) => `${collection}/${source}`;
const say = ({ collection, source, version }: DocumentName) => `${collection}/${source}@${version}`;

/** Everything a store lists, page by page, with the ids; a document that can't be one of ours is reported as wrong. */
async function listAll(knowledge: Knowledge, faults: Faults) {
  const present = new Map<string, DocumentName>();
  const collections = await knowledge.collections();
  for (const { name, documents, passages } of collections) {
    const names: DocumentName[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const page = await knowledge.documents({ collection: name, after, limit: 7 });
      for (const { id, source, metadata } of page) {
        const document = { collection: name, source, version: Number(metadata.version) };
        names.push(document);
        await checkDocument(knowledge, id, document, faults);
      }
      after = page.at(-1)?.source ?? null;
      more = page.length === 7;
    }
    const parts = names.reduce((sum, document) => sum + partsOf(document), 0);
    if (documents !== names.length || passages !== parts)
      faults.half.push(`${name} says ${documents} documents, ${passages} passages; it has ${names.length}, ${parts}`);
    for (const document of names) present.set(keyOf(document), document);
  }
  return { present, collections: collections.map(({ name }) => name) };
}

async function checkDocument(knowledge: Knowledge, id: string, name: DocumentName, faults: Faults): Promise<void> {
  const { text, title, contentHash } = documentOf(name);
  const stored = await knowledge.document(id);
  if (!stored || (await textOf(knowledge, id)) !== text || stored.title !== title || stored.contentHash !== contentHash)
    faults.wrong.push(`${say(name)} does not have its own text`);
  if (stored?.passages !== partsOf(name))
    faults.half.push(`${say(name)} has ${stored?.passages} of its ${partsOf(name)} passages`);
}

type Judge = (collection: string, found: FoundPassage[]) => void;

/** Returns a check that a passage found by a search belongs to a version that is present. */
function createJudge(present: Map<string, DocumentName>, faults: Faults): Judge {
  return (collection, found) => {
    for (const { source, text, start, end } of found) {
      const name = present.get(keyOf({ collection, source }));
      if (!name || documentOf(name).text.slice(start, end) !== text)
        faults.wrong.push(`a search found ${collection}/${source} ${start}-${end}: ${text}`);
    }
  };
}

/** Searches for each passage by each of its vectors and by its words. */
async function checkSearch(knowledge: Knowledge, present: Map<string, DocumentName>, judge: Judge, faults: Faults) {
  const neutral = vectorOf('neutral');
  for (const name of present.values()) {
    const { collection, source, version } = name;
    const document = documentOf(name);
    // Of many passages some, the last among them: whatever is half stored lacks its end.
    const every = Math.ceil(document.passages.length / 40);
    const asked = document.passages.flatMap(({ start, end, windows }, part) => {
      if ((document.passages.length - 1 - part) % every > 0) return [];
      const text = document.text.slice(start, end);
      const is = (passage: FoundPassage | undefined) => passage?.source === source && passage.text === text;
      const byVector = windows.map(async (_, window) => {
        const vector = vectorOf(collection, source, version, part, window);
        const found = await knowledge.search({ collection, question: '?', vector, topK: 1 });
        judge(collection, found);
        const similarity = found[0]?.similarities[window] ?? 0;
        if (!is(found[0]) || Math.abs(similarity - 1) > 1e-3)
          faults.half.push(`part ${part} of ${say(name)} is not found by its vector`);
      });
      const byWord = async () => {
        const found = await knowledge.search({ collection, question: wordOf(name, part), vector: neutral, topK: 3 });
        judge(collection, found);
        if (!found.some(is)) faults.half.push(`part ${part} of ${say(name)} is not found by its words`);
      };
      return [...byVector, byWord()];
    });
    await Promise.all(asked);
  }
}

/** Checks that versions that are not, or no longer, present are not found by their words or vectors. */
async function checkGone(knowledge: Knowledge, gone: DocumentName[], judge: Judge) {
  const asked = gone.map(async (name) => {
    const { collection, source, version } = name;
    const vector = vectorOf(collection, source, version, 0, 0);
    judge(collection, await knowledge.search({ collection, question: wordOf(name, 0), vector, topK: 3 }));
  });
  await Promise.all(asked);
}

/** The present documents that one lane writes. */
function laneOf(lane: number, present: Map<string, DocumentName>, collections: string[]): LaneState {
  const state: LaneState = { shared: {}, own: collections.includes(ownCollection(lane)) ? {} : null };
  for (const { collection, source, version } of present.values())
    if (collection === ownCollection(lane)) state.own![source] = version;
    else if (collection === sharedCollection && laneOfSource(source) === lane) state.shared[source] = version;
  return state;
}

const same = (one: LaneState, other: LaneState) => {
  const names = (state: LaneState) => JSON.stringify([state.own !== null, documentsOf(0, state).map(say).sort()]);
  return names(one) === names(other);
};

/** Compares a lane's documents with the two states they may be in: before its unanswered write, or after it. */
function compareLane(lane: number, is: LaneState, before: LaneState, inFlight: Operation | null, faults: Faults) {
  const after = inFlight ? apply(before, inFlight) : before;
  if (same(is, before) || same(is, after)) return;
  const named = (state: LaneState) => new Map(documentsOf(lane, state).map((name) => [keyOf(name), name.version]));
  const [found, acknowledged, possible] = [named(is), named(before), named(after)];
  let lost = 0;
  for (const key of new Set([...found.keys(), ...acknowledged.keys(), ...possible.keys()])) {
    const version = found.get(key);
    if (version === acknowledged.get(key) || version === possible.get(key)) continue;
    lost += 1;
    faults.lost.push(`${key} is in version ${version ?? 'none'}, not ${acknowledged.get(key) ?? 'none'}`);
  }
  if ((is.own === null) !== (before.own === null) && (is.own === null) !== (after.own === null))
    faults.lost.push(`the collection of lane ${lane} is ${is.own ? 'there again' : 'gone'}`);
  else if (lost === 0) faults.half.push(`a write of lane ${lane} was done in part: ${JSON.stringify(inFlight)}`);
}

/**
 * Checks a whole store against what was acknowledged: every such write is there with exactly its text, found by its vectors and
 * words; what was removed is gone; an unanswered write is there whole or not at all; there is nothing else.
 * @returns the faults, and the documents as found, from which the next writes go on
 */
export async function checkStore(
  knowledge: Knowledge,
  expected: { lanes: LaneState[]; inFlight: (Operation | null)[]; begun?: Operation[] },
): Promise<{ faults: Faults; lanes: LaneState[] }> {
  const faults: Faults = { lost: [], half: [], wrong: [] };
  const { present, collections } = await listAll(knowledge, faults);
  const judge = createJudge(present, faults);
  await checkSearch(knowledge, present, judge, faults);
  const written = (expected.begun ?? []).flatMap((operation) =>
    operation.kind === 'put' ? operation.documents.map((each) => ({ collection: operation.collection, ...each })) : [],
  );
  const gone = written.filter((name) => present.get(keyOf(name))?.version !== name.version);
  await checkGone(
    knowledge,
    gone.filter(({ collection }) => collections.includes(collection)),
    judge,
  );
  const lanes = expected.lanes.map((_, lane) => laneOf(lane, present, collections));
  for (const [lane, is] of lanes.entries())
    compareLane(lane, is, expected.lanes[lane]!, expected.inFlight[lane] ?? null, faults);
  const ours = lanes.flatMap((state, lane) => documentsOf(lane, state)).length;
  if (ours !== present.size) faults.wrong.push(`${present.size - ours} documents belong to nobody`);
  const windows = [...present.values()].reduce((sum, name) => sum + documentOf(name).vectors.length / 32, 0);
  const stats = await knowledge.stats();
  if (stats.documents !== present.size || stats.windows !== windows)
    faults.half.push(`the store counts ${stats.documents} documents, ${stats.windows} windows, not ${windows}`);
  return { faults, lanes };
}
