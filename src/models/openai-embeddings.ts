import { OpenAIEmbeddings } from '@langchain/openai';
import { AppError } from '../errors.ts';
import { coalesce } from './coalesce.ts';
import type { ServedModel } from './openai-chat-model.ts';

type EmbeddingReply = { data?: { index: number; embedding: number[] }[] };

/**
 * Embeddings of an OpenAI-compatible server, by LangChain's class, which lacks five things: a call that can be cancelled, an
 * encoding that every server speaks, a check of what came back, failures of ours, and questions of the same moment in one call.
 */
export class CheckedOpenAiEmbeddings extends OpenAIEmbeddings {
  readonly #served: ServedModel;
  readonly #embedOne = coalesce((texts, signal) => this.#embed(texts.length === 1 ? texts[0]! : texts, signal));

  constructor(served: ServedModel) {
    super({ model: served.model, apiKey: 'the server object has it', maxRetries: 0, stripNewLines: false });
    this.#served = served;
  }

  /** The question's vector, at unit length. `signal` ends the call itself, not only the wait for it. */
  override embedQuery(text: string, options: { signal?: AbortSignal | undefined } = {}): Promise<number[]> {
    return this.#embedOne(text, options.signal);
  }

  /** The texts' vectors, at unit length. */
  override embedDocuments(texts: string[]): Promise<number[][]> {
    return this.#embed(texts);
  }

  async #embed(input: string | string[], signal?: AbortSignal): Promise<number[][]> {
    const { model, server } = this.#served;
    // Without a format some servers send base64, and some know nothing else than floats.
    const request = { model, input, encoding_format: 'float' };
    const reply = await server.post<EmbeddingReply>('/embeddings', request, signal);
    return toUnitVectors(reply, typeof input === 'string' ? 1 : input.length);
  }
}

/**
 * @throws AppError MODEL_BAD_OUTPUT unless there are `count` vectors of equal length, of finite numbers, none of them zero
 */
function toUnitVectors(reply: EmbeddingReply, count: number): number[][] {
  const vectors = Array.isArray(reply?.data)
    ? [...reply.data].sort((a, b) => a.index - b.index).map((each) => each.embedding)
    : [];
  const length = vectors[0]?.length ?? 0;
  const squares = vectors.map((vector) =>
    Array.isArray(vector) && vector.length === length ? sumOfSquares(vector) : Number.NaN,
  );
  if (vectors.length !== count || length === 0 || !squares.every(Number.isFinite))
    throw new AppError('MODEL_BAD_OUTPUT', 'The embedding model did not return one vector of numbers for each text.');
  if (squares.includes(0)) throw new AppError('MODEL_BAD_OUTPUT', 'The embedding model returned a vector of zeros.');
  return vectors.map((vector, at) => {
    const norm = Math.sqrt(squares[at]!);
    return vector.map((value) => value / norm);
  });
}

/** Not a number where one of the values is none. */
function sumOfSquares(vector: number[]): number {
  let sum = 0;
  for (const value of vector) sum += typeof value === 'number' ? value * value : Number.NaN;
  return sum;
}
