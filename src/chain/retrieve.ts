import type { CallbackManagerForRetrieverRun } from '@langchain/core/callbacks/manager';
import { Document } from '@langchain/core/documents';
import { BaseRetriever } from '@langchain/core/retrievers';
import { asSharedPiece, Composed, type Piece, sharing } from '../message-pieces.ts';
import type { FoundPassage } from '../passage.ts';
import type { Asked } from './state.ts';
import { step } from './step.ts';

/**
 * A search: the `topK` best passages for a question in a collection, best first. `searchedFor` may be worded otherwise
 * than the question, but which of the passages found are best is always decided by the question.
 */
export type SearchPassages = (
  query: { question: string; collection: string; topK: number; searchedFor?: string | undefined },
  options: { signal?: AbortSignal | undefined },
) => Promise<FoundPassage[]>;

/**
 * LangChain's retriever over one collection, for those who take the chain apart: `pageContent` is the passage's text,
 * `metadata` its other fields.
 */
export class PassageRetriever extends BaseRetriever<Omit<FoundPassage, 'text'>> {
  static override lc_name = () => 'PassageRetriever';
  lc_namespace = ['assay', 'chain'];
  readonly #search: SearchPassages;
  readonly #query: { collection: string; topK: number };

  constructor(search: SearchPassages, query: { collection: string; topK: number }) {
    super();
    this.#search = search;
    this.#query = query;
  }

  override async _getRelevantDocuments(question: string, _run?: CallbackManagerForRetrieverRun) {
    const passages = await this.#search({ ...this.#query, question }, {});
    return passages.map(({ text, ...metadata }) => new Document({ pageContent: text, metadata, id: metadata.id }));
  }
}

/** The step that finds the passages for a question; collection and `topK` come with each ask. */
export function createRetrieve(search: SearchPassages) {
  return step('retrieve', ({ question, collection, topK, searchedFor }: Asked, { signal }) =>
    search({ question, collection, topK, searchedFor }, { signal }),
  );
}

/** How the tags begin that prompts put around texts. */
const tag = /<(?=[\s\p{Cf}/]*(?:passage|question|answer|conversation)\b)/u;
/**
 * How the marks begin that chat templates put around messages, which servers such as llama.cpp and vLLM read as such
 * wherever they stand: "<|im_start|>", "<｜User｜>", "<end_of_turn>", "<turn|>", "</s>", "[INST]".
 */
const mark =
  /<(?=[|｜][^\s<>]{1,40}>|(?:(?:start|end)_of_turn|turn\||\/?s|[be]os)>)|\[(?=\/?(?:INST|SYSTEM_PROMPT)\])/u;
const disarmed = new RegExp(`${tag.source}|${mark.source}`, 'giu');

/**
 * A text with such tags and marks disarmed, so that it can't close its own, or the message that it is in, and pretend
 * to stand outside.
 */
export const inert = (text: string) => text.replace(disarmed, (sign) => (sign === '<' ? '‹' : '［'));

/** The disarmed text of a passage, remembered: the same passages are found again and again. */
const inertPiece = sharing((text) => asSharedPiece(inert(text)));

/** Formatted contexts, for as long as each context lives: the answer and each judge want the same one. */
const formatted = new WeakMap<FoundPassage[], Composed>();

/** The passages as a model sees them: numbered, each with its source and title, in tags that no text can close. */
export function formatContext(passages: FoundPassage[]): Composed {
  return formatted.getOrInsertComputed(passages, () => new Composed(passages.flatMap(format)));
}

function format({ rank, source, title, text }: FoundPassage, at: number): Piece[] {
  const attribute = (value: string) => inert(value).replace(/["<>\n]/g, ' ');
  const between = at === 0 ? '' : '\n\n';
  const begin = `${between}<passage number="${rank}" source="${attribute(source)}" title="${attribute(title)}">\n`;
  return [begin, inertPiece(text), '\n</passage>'];
}
