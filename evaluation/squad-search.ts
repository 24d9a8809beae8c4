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

/**
 * Ingests every paragraph as a document of its own, asks every question, and gives their contexts in the same order.
 * Several minutes for a thousand paragraphs on two cores.
 */
export async function searchSquad(options: {
  squad: Squad;
  embeddings: EmbeddingsInterface;
  embeddingModel: string;
  onProgress: (what: string, done: number, total: number) => void;
}): Promise<SquadContexts[]> {
  const { squad, embeddings, embeddingModel, onProgress } = options;
  const dataDir = await mkdtemp(join(tmpdir(), 'assay-squad-'));
  const knowledge = await startKnowledge({ dataDir, embeddingModel });
  const parser = await startParser();
  try {
    await knowledge.createCollection('squad');
    // Large enough that no paragraph is divided: labels are for whole paragraphs.
    const ingest = createIngest({ knowledge, parser, embeddings, chunkSizeTokens: 4096, chunkOverlapTokens: 0 });
    for (const [number, { article, text }] of squad.paragraphs.entries()) {
      const content = { text, format: 'text' as const };
      await ingest([{ collection: 'squad', source: String(number), title: article, content }]);
      onProgress('paragraphs', number + 1, squad.paragraphs.length);
    }
    const contexts: SquadContexts[] = [];
    for (const { question, paragraph, article } of squad.questions) {
      const vector = Float32Array.from(await embeddings.embedQuery(question));
      const ranking = await knowledge.search({ collection: 'squad', question, vector, topK: depth });
      const shownOf = (passages: FoundPassage[]) => rerank(question, passages.slice(0, rerankedPassages), shown);
      const isOwn = ({ source }: FoundPassage) => source === String(paragraph);
      const own = ranking.find(isOwn);
      const found = shownOf(ranking);
      const withParagraph = !own || found.some(isOwn) ? found : ranked([...found.slice(0, shown - 1), own]);
      const withoutParagraph = shownOf(ranking.filter((passage) => !isOwn(passage)));
      const withoutArticle = shownOf(ranking.filter(({ title }) => title !== article));
      contexts.push({ ranking, found, withParagraph, withoutParagraph, withoutArticle });
      onProgress('questions', contexts.length, squad.questions.length);
    }
    return contexts;
  } finally {
    await parser.close();
    await knowledge.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const ranked = (passages: FoundPassage[]) => passages.map((passage, at) => ({ ...passage, rank: at + 1 }));

/** The same with the embedded model, progress on the error stream. */
export async function searchSquadWithEmbedded(squad: Squad): Promise<SquadContexts[]> {
  const embeddingModel = 'e5-small-v2-q';
  const modelsDir = fileURLToPath(new URL('../.models', import.meta.url));
  const embeddings = await EmbeddedEmbeddings.load(embeddingModel, modelsDir);
  return searchSquad({
    squad,
    embeddings,
    embeddingModel,
    onProgress: (what, done, total) => {
      if (done % 500 === 0 || done === total) process.stderr.write(`${what} ${done} of ${total}\n`);
    },
  });
}
