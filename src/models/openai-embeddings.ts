import { OpenAIEmbeddings } from '@langchain/openai';
import { OpenAI } from 'openai';
import { AppError } from '../errors.ts';
import type { ServedModel } from './model-server.ts';
import { translateFailure } from './translate-failure.ts';

type EmbeddingRequest = Parameters<OpenAI['embeddings']['create']>[0];
type EmbeddingReply = OpenAI.CreateEmbeddingResponse;

/**
 * Embeddings of an OpenAI-compatible server, by LangChain's class, which lacks four things: a call that can be cancelled, an
 * encoding that every server speaks, a check of what came back, and failures of ours.
 */
export class CheckedOpenAiEmbeddings extends OpenAIEmbeddings {
  readonly #client: OpenAI;

  constructor(fields: ServedModel) {
    const { model, baseUrl, apiKey, maxRetries, timeoutMs } = fields;
    // LangChain lets two calls through at a time unless told otherwise.
    super({
      model,
      apiKey,
      maxRetries,
      timeout: timeoutMs,
      maxConcurrency: Number.POSITIVE_INFINITY,
      stripNewLines: false,
    });
    this.#client = new OpenAI({ apiKey, baseURL: baseUrl ?? null, timeout: timeoutMs, maxRetries: 0 });
  }

  /** The question's vector, at unit length. `signal` ends the call itself, not only the wait for it. */
  override async embedQuery(text: string, options: { signal?: AbortSignal | undefined } = {}): Promise<number[]> {
    const reply = await this.#create({ model: this.model, input: text }, options.signal);
    return toUnitVectors(reply, 1)[0]!;
  }

  /** The texts' vectors, at unit length. */
  override async embedDocuments(texts: string[]): Promise<number[][]> {
    const reply = await this.#create({ model: this.model, input: texts });
    return toUnitVectors(reply, texts.length);
  }

  async #create(request: EmbeddingRequest, signal?: AbortSignal): Promise<EmbeddingReply> {
    try {
      return await this.caller.callWithOptions({ ...(signal && { signal }) }, () =>
        // Without a format the client asks for base64, and reads the floats of servers that don't know it as zeros.
        this.#client.embeddings.create({ ...request, encoding_format: 'float' }, { ...(signal && { signal }) }),
      );
    } catch (error) {
      throw translateFailure(error);
    }
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
  const usable = vectors.every(
    (vector) => Array.isArray(vector) && vector.length === length && vector.every(Number.isFinite),
  );
  if (vectors.length !== count || length === 0 || !usable)
    throw new AppError('MODEL_BAD_OUTPUT', 'The embedding model did not return one vector of numbers for each text.');
  return vectors.map((vector) => {
    const norm = Math.hypot(...vector);
    if (norm === 0) throw new AppError('MODEL_BAD_OUTPUT', 'The embedding model returned a vector of zeros.');
    return vector.map((value) => value / norm);
  });
}
