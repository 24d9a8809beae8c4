// A retriever of your own finds the passages: npx node examples/extending/retriever.ts "a question"
import { Document } from '@langchain/core/documents';
import { BaseRetriever } from '@langchain/core/retrievers';
import { createRetrieve, type SearchPassages } from '../../src/chain/retrieve.ts';
import { askWith } from './compose-with.ts';

const handbook = [
  new Document({ id: 'leave', pageContent: 'Everyone has 30 days of leave a year.', metadata: { source: 'leave.md' } }),
  new Document({ id: 'keys', pageContent: 'Lost keys are reported to the porter.', metadata: { source: 'keys.md' } }),
];

/** Finds the pages that share the most long words with the question. Yours asks a search engine or a database. */
class HandbookRetriever extends BaseRetriever {
  lc_namespace = ['examples'];

  override async _getRelevantDocuments(question: string) {
    const words = question.toLowerCase().match(/\w{4,}/g) ?? [];
    const shared = ({ pageContent }: Document) =>
      words.filter((word) => pageContent.toLowerCase().includes(word)).length;
    return handbook.filter((page) => shared(page) > 0).sort((one, other) => shared(other) - shared(one));
  }
}

const retriever = new HandbookRetriever();

/** LangChain's documents as Assay's passages. Each is a document of its own here, so its offsets begin at 0. */
const search: SearchPassages = async ({ question, searchedFor = question, topK }, { signal }) => {
  const found = await retriever.invoke(searchedFor, signal ? { signal } : {});
  return found.slice(0, topK).map(({ id = '', pageContent: text, metadata: { source } }, at) => {
    const span = { start: 0, end: text.length };
    const about = { id, documentId: id, source, title: source, text, rank: at + 1, score: 1 / (at + 1) };
    return { ...about, ...span, windows: [span], similarities: [1] };
  });
};

// Assay's own gate weighs its own similarities. Without it, whatever is found is shown to the model, which may abstain.
await askWith(() => ({ retrieve: createRetrieve(search), suffices: undefined }));
