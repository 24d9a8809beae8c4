import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { createIngest } from '../src/ingest/ingest.ts';
import { startParser } from '../src/ingest/parser.ts';
import { startKnowledge } from '../src/knowledge/client.ts';
import { EmbeddedEmbeddings } from '../src/models/embedded-embeddings.ts';
import type { FoundPassage } from '../src/passage.ts';
import { rerank, rerankedPassages } from '../src/ranking/rerank.ts';
import type { Squad } from './squad.ts';

/** The contexts that Assay's own retrieval finds for a question, and variants in which the answer can't be. */
export type SquadContexts = {
  /** What the search gives, before it is re-ranked. */
  ranking: FoundPassage[];
  found: FoundPassage[];
  /** As found, with the question's own paragraph in the last place where it was missed. */
  withParagraph: FoundPassage[];
  withoutParagraph: FoundPassage[];
  withoutArticle: FoundPassage[];
};

/** How deep a search must go until three passages of other articles are sure to be among them, nearly always. */
const depth = 80;
const shown = 3;

/** An article's passages for a question that has nothing to do with it, from a collection that holds the article alone. */
export type StrangeContext = { article: string; question: string; context: FoundPassage[] };

type Searching = {
  embeddings: EmbeddingsInterface;
  embeddingModel: string;
  onProgress: (what: string, done: number, total: number) => void;
};
type Paragraph = Squad['paragraphs'][number] & { number: number };
type Store = {
  /** Ingests each paragraph as a document of its own. */
  add(collection: string, paragraphs: Paragraph[]): Promise<void>;
  search(collection: string, question: string, topK: number): Promise<FoundPassage[]>;
};

/** Lends a store with Assay's own ingest and search, and removes it afterwards. */
async function withStore<T>({ embeddings, embeddingModel, onProgress }: Searching, use: (store: Store) => Promise<T>) {
  const dataDir = await mkdtemp(join(tmpdir(), 'assay-squad-'));
  const knowledge = await startKnowledge({ dataDir, embeddingModel });
  const parser = await startParser();
  try {
    // Large enough that no paragraph is divided: labels are for whole paragraphs.
    const ingest = createIngest({ knowledge, parser, embeddings, chunkSizeTokens: 4096, chunkOverlapTokens: 0 });
    return await use({
      async add(collection, paragraphs) {
        await knowledge.createCollection(collection);
        for (const [at, { number, article, text }] of paragraphs.entries()) {
          const content = { text, format: 'text' as const };
          await ingest([{ collection, source: String(number), title: article, content }]);
          onProgress('paragraphs', at + 1, paragraphs.length);
        }
      },
      async search(collection, question, topK) {
        const vector = Float32Array.from(await embeddings.embedQuery(question));
        return knowledge.search({ collection, question, vector, topK });
      },
    });
  } finally {
    await parser.close();
    await knowledge.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const numbered = ({ paragraphs }: Squad): Paragraph[] => paragraphs.map((each, number) => ({ ...each, number }));
const bestOf = (question: string, ranking: FoundPassage[]) =>
  rerank(question, ranking.slice(0, rerankedPassages), shown);

/**
 * Ingests every paragraph as a document of its own, asks every question, and gives their contexts in the same order.
 * Several minutes for a thousand paragraphs on two cores.
 */
export function searchSquad({ squad, ...searching }: Searching & { squad: Squad }): Promise<SquadContexts[]> {
  return withStore(searching, async ({ add, search }) => {
    await add('squad', numbered(squad));
    const contexts: SquadContexts[] = [];
    for (const { question, paragraph, article } of squad.questions) {
      const ranking = await search('squad', question, depth);
      const shownOf = (passages: FoundPassage[]) => bestOf(question, passages);
      const isOwn = ({ source }: FoundPassage) => source === String(paragraph);
      const own = ranking.find(isOwn);
      const found = shownOf(ranking);
      const withParagraph = !own || found.some(isOwn) ? found : ranked([...found.slice(0, shown - 1), own]);
      const withoutParagraph = shownOf(ranking.filter((passage) => !isOwn(passage)));
      const withoutArticle = shownOf(ranking.filter(({ title }) => title !== article));
      contexts.push({ ranking, found, withParagraph, withoutParagraph, withoutArticle });
      searching.onProgress('questions', contexts.length, squad.questions.length);
    }
    return contexts;
  });
}

/** Makes a collection of each article that has questions, and asks it others: what a user with few documents may ask. */
export function searchEachArticle({
  squad,
  questions,
  ...searching
}: Searching & { squad: Squad; questions: string[] }): Promise<StrangeContext[]> {
  return withStore(searching, async ({ add, search }) => {
    const contexts: StrangeContext[] = [];
    const asked = new Set(squad.questions.map(({ article }) => article));
    for (const [at, article] of [...asked].entries()) {
      const collection = `article-${at}`;
      await add(
        collection,
        numbered(squad).filter((paragraph) => paragraph.article === article),
      );
      for (const question of questions) {
        const context = bestOf(question, await search(collection, question, rerankedPassages));
        contexts.push({ article, question, context });
      }
      searching.onProgress('articles', at + 1, asked.size);
    }
    return contexts;
  });
}

const ranked = (passages: FoundPassage[]) => passages.map((passage, at) => ({ ...passage, rank: at + 1 }));

/** The embedded model, and progress on the error stream. */
async function withEmbedded(): Promise<Searching> {
  const embeddingModel = 'e5-small-v2-q';
  const modelsDir = fileURLToPath(new URL('../.models', import.meta.url));
  return {
    embeddings: await EmbeddedEmbeddings.load(embeddingModel, modelsDir),
    embeddingModel,
    onProgress: (what, done, total) => {
      if (done % 500 === 0 || done === total) process.stderr.write(`${what} ${done} of ${total}\n`);
    },
  };
}

export const searchSquadWithEmbedded = async (squad: Squad) => searchSquad({ squad, ...(await withEmbedded()) });
export const searchEachArticleWithEmbedded = async (squad: Squad, questions: string[]) =>
  searchEachArticle({ squad, questions, ...(await withEmbedded()) });
