import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../errors.ts';
import { rerank, rerankedPassages } from '../../ranking/rerank.ts';
import type { Knowledge, NewDocument } from '../port.ts';
import { allFinite, unexpectedLength, vectorLengthOf } from '../vectors.ts';
import { createAsks } from './asks.ts';
import { createCatchUp } from './catch-up.ts';
import { createChanges } from './changes.ts';
import { checkAddress } from './check-address.ts';
import { checkClasses, makeClasses } from './classes.ts';
import { createCollections } from './collections.ts';
import { collectionOf, createDocuments, documentIdOf } from './documents.ts';
import { openEngine } from './engine.ts';
import { createFacts } from './facts.ts';
import type { EngineAddress } from './nodes.ts';
import { createPassages } from './passages.ts';
import { createSearch } from './search.ts';
import { createStatistics } from './statistics.ts';

/** How often interrupted changes are looked for, and when an undecided change counts as abandoned, in milliseconds. */
const tidyEveryMs = 60_000;
const abandonedMs = 10 * 60_000;
/** How long `stats` waits for new figures, in milliseconds; with thousands of collections, counting takes longer. */
const countingMs = 1_000;

/**
 * The knowledge base in Weaviate, which may be a cluster, and which many instances of Assay may share. A write counts once a majority of
 * replicas has acknowledged it, and documents are read from a majority too.
 * @param options.askRetentionMs how long records of asks are kept, in milliseconds
 * @param options.tidyEveryMs how often leftovers of killed instances are looked for, in milliseconds
 * @param options.abandonedMs when an undecided change counts as abandoned, in milliseconds; must be longer than any put takes
 * @throws AppError NOT_READY where the engine does not reply; BAD_SETTINGS where what replies isn't Weaviate, refuses the key, or holds
 *   vectors of another model or classes of an older version that can't be searched
 */
export async function startWeaviate(
  options: EngineAddress & {
    embeddingModel: string;
    askRetentionMs: number;
    tidyEveryMs?: number;
    abandonedMs?: number;
  },
): Promise<Knowledge> {
  const { embeddingModel } = options;
  await checkAddress(options);
  const engine = openEngine(options);
  try {
    return await open();
  } catch (error) {
    await engine.close();
    throw error;
  }

  async function open(): Promise<Knowledge> {
    const select = await makeClasses(engine, options.endpoints.length);
    await checkClasses(engine);
    engine.watchNodes(createCatchUp(engine));
    const facts = createFacts(engine);
    const collections = createCollections(engine, facts);
    const documents = createDocuments(engine, select);
    const changes = createChanges({ abandonedMs, ...options, engine, select, documents });
    const passages = createPassages(engine);
    const statistics = createStatistics(engine, select);
    const search = createSearch({ engine, documents, passages, statistics });
    const asks = createAsks(engine, options.askRetentionMs);

    type Sum = Record<'documents' | 'passages' | 'windows', number>;
    async function countAll(names: string[]): Promise<Sum> {
      const sum = { documents: 0, passages: 0, windows: 0 };
      for (const counts of (await collections.count(names)).values())
        for (const what of ['documents', 'passages', 'windows'] as const) sum[what] += counts[what];
      return sum;
    }
    const holdsNothing = async () => (await countAll(await collections.names())).documents === 0;

    let counted: Sum | null = null;
    let counting: Promise<Sum> | null = null;
    /** Current figures, or the last ones where counting takes long. The engine must reply in any case. */
    async function stats() {
      const names = await collections.names();
      counting ??= countAll(names)
        .then((sum) => {
          counted = sum;
          return sum;
        })
        .finally(() => {
          counting = null;
        });
      const last = counted;
      const sum = await (last ? Promise.race([counting, delay(countingMs, last, { ref: false })]) : counting);
      return {
        ...sum,
        quantizedWindows: 0,
        collections: names.length,
        embeddingModel,
        dimension: await readDimension(),
      };
    }

    let dimension: number | null = null;
    /** The length of the store's vectors, which another instance may have decided; null where nothing was ever stored. */
    async function readDimension() {
      const stored = dimension ?? (await facts.get('dimension'));
      dimension = stored === null ? null : Number(stored);
      return dimension;
    }

    const storedModel = await facts.get('embedding_model');
    if (storedModel !== embeddingModel) {
      if (storedModel !== null && !(await holdsNothing()))
        throw new AppError(
          'BAD_SETTINGS',
          `The documents were embedded with ${storedModel}, and the settings say ${embeddingModel}. Set EMBEDDING_MODEL ` +
            'back, or name another Weaviate in WEAVIATE_URL and ingest the documents there.',
        );
      await facts.set('embedding_model', embeddingModel);
    }

    async function requireCollection(collection: string) {
      if (!(await collections.exists(collection)))
        throw new AppError('COLLECTION_NOT_FOUND', 'There is no collection of this name.');
    }

    /** Checks the vectors' length; the first documents of a store decide it. */
    async function agreeOnLength(newDocuments: NewDocument[]) {
      const [length, ...others] = new Set(newDocuments.map(vectorLengthOf));
      if (others.length > 0)
        throw new AppError('MODEL_BAD_OUTPUT', 'The embedding model returned vectors of unequal length.');
      const stored = await readDimension();
      if (stored !== null && stored !== length && !(await holdsNothing())) throw unexpectedLength(length!, stored);
      if (stored !== length) await facts.set('dimension', String(length));
      dimension = length!;
    }

    /** Stores documents; of several from one source, the last one stays. */
    async function put(newDocuments: NewDocument[]) {
      if (newDocuments.length === 0) return [];
      await agreeOnLength(newDocuments);
      const bySource = new Map(newDocuments.map((document) => [document.source, document]));
      const distinct = [...bySource.values()];
      const replaced = await changes.put(distinct);
      await statistics.changed(distinct[0]!.collection);
      const seen = new Set<string>();
      return newDocuments.map(({ collection, source, passages }) => {
        const again = seen.has(source);
        seen.add(source);
        const at = distinct.indexOf(bySource.get(source)!);
        return { id: documentIdOf(collection, source), passages: passages.length, replaced: again || replaced[at]! };
      });
    }

    /** Runs `work` with the collection that an id names; where there is no such collection, the result is `none`. */
    async function inCollection<Result>(id: string, work: (collection: string) => Promise<Result>, none: Result) {
      const collection = collectionOf(id);
      if (collection === null) return none;
      try {
        return await work(collection);
      } catch (error) {
        if (error instanceof AppError && error.code === 'COLLECTION_NOT_FOUND') return none;
        throw error;
      }
    }

    async function removeCollection(name: string): Promise<boolean> {
      const removed = await collections.remove(name);
      statistics.forget(name);
      return removed;
    }

    let tidying: Promise<void> = Promise.resolve();
    let closing = false;
    async function tidy() {
      await collections.complete();
      for (const name of await collections.names()) {
        if (closing) return;
        await changes.tidy(name).catch((error: AppError) => {
          if (error.code !== 'COLLECTION_NOT_FOUND') throw error; // removed meanwhile
        });
      }
      if (!closing) await asks.sweep();
    }
    await tidy();
    const timer = setInterval(() => {
      tidying = tidying.then(tidy).catch(() => {}); // the next round comes
    }, options.tidyEveryMs ?? tidyEveryMs).unref();

    return {
      put,
      findSource: documents.findSource,
      document: (id) => inCollection(id, (collection) => documents.get(collection, id), null),
      text: (version) => inCollection(version.id, (collection) => documents.text(collection, version), null),
      documents: documents.page,
      async remove(id) {
        const removed = await inCollection(id, (collection) => changes.remove(collection, id), false);
        if (removed) await statistics.changed(collectionOf(id)!);
        return removed;
      },
      async search(query) {
        const { vector } = query;
        const stored = await readDimension();
        if (!allFinite(vector) || (stored !== null && stored !== vector.length))
          throw new AppError('MODEL_BAD_OUTPUT', 'The embedding model returned a vector of an unexpected length.');
        if (stored === null) {
          await requireCollection(query.collection);
          return []; // nothing was ever stored
        }
        const { topK, rerankedFor } = query;
        if (rerankedFor === undefined) return search(query);
        return rerank(rerankedFor, await search({ ...query, topK: Math.max(topK, rerankedPassages) }), topK);
      },
      collections: collections.all,
      collection: collections.get,
      createCollection: collections.create,
      removeCollection,
      async emptyCollection(name) {
        if (!(await removeCollection(name))) return false;
        await collections.create(name);
        return true;
      },
      saveAsk: asks.save,
      ask: asks.get,
      stats,
      async close() {
        closing = true;
        clearInterval(timer);
        await engine.close();
        await tidying;
      },
    };
  }
}
