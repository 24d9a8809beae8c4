import { AskRequest } from '../chain/reply.ts';
import { type Answerer, openAnswerer } from './answerer.ts';
import { createAnswerWriter, writePassages } from './show-answer.ts';
import { UsageError, writeJson } from './terminal.ts';

/** The options of every command that asks. */
export type AskOptions = { collection: string; server?: string; json?: boolean };

/** `assay ask QUESTION`: prints the answer as it is written, then its verdict with the evidence; or the whole reply as JSON. */
export async function ask(question: string, options: AskOptions) {
  const query = readQuery({ question, collection: options.collection });
  await withAnswerer(options, async (answerer) => {
    if (options.json) return writeJson(await answerer.answer(query));
    const writer = createAnswerWriter();
    try {
      writer.finish(await answerer.answer({ ...query, ...(writer.onText && { onText: writer.onText }) }));
    } catch (error) {
      writer.breakOff();
      throw error;
    }
  });
}

/** `assay search QUESTION`: prints the passages for a question, without an answer. */
export async function search(question: string, options: AskOptions & { topK?: string }) {
  if (options.topK !== undefined && !/^([1-9]|1\d|20)$/.test(options.topK))
    throw new UsageError('--top-k takes a whole number from 1 to 20.');
  const query = readQuery({ question, collection: options.collection });
  await withAnswerer(options, async (answerer) => {
    const topK = options.topK === undefined ? undefined : Number(options.topK);
    const context = await answerer.search({ ...query, topK });
    if (options.json) writeJson({ context });
    else writePassages(context);
  });
}

/**
 * Validates a question and a collection.
 * @throws UsageError that says what is wrong, without repeating it
 */
export function readQuery(given: { question: string; collection: string }): { question: string; collection: string } {
  const read = AskRequest.safeParse(given);
  if (read.success) return { question: read.data.question, collection: read.data.collection };
  const problems = read.error.issues.map(({ path, message }) =>
    path[0] === 'collection' ? `--collection ${message}` : `The question ${message}`,
  );
  throw new UsageError(`${problems.join('; ')}.`);
}

async function withAnswerer(options: AskOptions, work: (answerer: Answerer) => Promise<void>) {
  const answerer = await openAnswerer(options.server);
  try {
    await work(answerer);
  } finally {
    await answerer.close();
  }
}
