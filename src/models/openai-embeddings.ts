import { OpenAIEmbeddings } from '@langchain/openai';
import { AppError, refusesRequest } from '../errors.ts';
import { coalesce } from './coalesce.ts';
import type { ServedModel } from './openai-chat-model.ts';
import type { ServerReplied } from './translate-failure.ts';

/** The reply that a server should give: each vector as numbers, or as the bytes of 32-bit floats in base64. */
type EmbeddingReply = { data?: ({ index?: number; embedding?: number[] | string } | null)[] } | null;

/** How vectors are asked for; some servers don't know the field. */
type Encoding = 'base64' | 'float' | 'as it likes';

/** The most bytes that a vector takes in either encoding: 8,192 numbers of 30 digits. */
const longestVector = 2 ** 18;
/**
 * How long a call for several questions may take: at most this many milliseconds, and this share of the deadline. Then
 * each is sent alone, since one of them may be what makes the server hang.
 */
const patienceTogether = { most: 5_000, share: 0.25 };

type Options = { signal?: AbortSignal | undefined };

/**
 * Embeddings of an OpenAI-compatible server. LangChain's class lacks five things, added here: cancellable calls,
 * vectors in whichever encoding the server speaks, a check of what comes back, failures as AppErrors, and one call for
 * all questions of the same moment.
 */
export class CheckedOpenAiEmbeddings extends OpenAIEmbeddings {
  readonly #served: ServedModel;
  readonly #embedOne: (text: string, signal?: AbortSignal | undefined) => Promise<number[]>;

  /**
   * Base64 takes a quarter of the bytes, and 1,536 numbers are read in a tenth of the time; OpenAI's own clients ask
   * for it. Changed once a server has refused it: to floats, and where it doesn't know the field to none.
   */
  #encoding: Encoding = 'base64';
  /** How many texts go into one call at most. Lowered where a server refuses more. */
  #mostAtOnce = Number.POSITIVE_INFINITY;

  constructor(served: ServedModel) {
    super({ model: served.model, apiKey: 'the server object has it', maxRetries: 0, stripNewLines: false });
    this.#served = served;
    const { most, share } = patienceTogether;
    this.#embedOne = coalesce(
      (texts, signal) => this.#embed(texts.length === 1 ? texts[0]! : texts, { signal }),
      Math.min(most, served.server.timeoutMs * share),
    );
  }

  /**
   * The question's vector, at unit length. `signal` cancels the call, not only the wait for it.
   * @throws AppError as `ModelServer.post`; MODEL_BAD_OUTPUT where the reply is no vector
   */
  override embedQuery(text: string, options: Options = {}): Promise<number[]> {
    return this.#embedOne(text, options.signal);
  }

  /**
   * The texts' vectors, at unit length, in order. `signal` cancels the call.
   * @throws AppError as `embedQuery`
   */
  override embedDocuments(texts: string[], options: Options = {}): Promise<number[][]> {
    return this.#embed(texts, options);
  }

  /** Embeds texts in one call, or in several where the server takes no more: some take 10 at once, some 100. */
  async #embed(input: string | string[], options: Options): Promise<number[][]> {
    if (typeof input === 'string') return this.#embedAtOnce(input, options);
    if (input.length > this.#mostAtOnce) return this.#embedInParts(this.#mostAtOnce, input, options);
    try {
      return await this.#embedAtOnce(input, options);
    } catch (error) {
      if (input.length === 1 || !refusesSize(error)) throw error;
      const half = Math.ceil(input.length / 2);
      const vectors = await this.#embedInParts(half, input, options);
      // Reached only where it was not one of the texts that was refused.
      this.#mostAtOnce = Math.min(this.#mostAtOnce, half);
      return vectors;
    }
  }

  async #embedInParts(size: number, texts: string[], options: Options): Promise<number[][]> {
    const vectors: number[][] = [];
    for (let at = 0; at < texts.length; at += size)
      vectors.push(...(await this.#embed(texts.slice(at, at + size), options)));
    return vectors;
  }

  async #embedAtOnce(input: string | string[], options: Options, encoding = this.#encoding): Promise<number[][]> {
    const { model, server } = this.#served;
    const count = typeof input === 'string' ? 1 : input.length;
    const body = { model, input, ...(encoding !== 'as it likes' && { encoding_format: encoding }) };
    try {
      const reply = await server.post<EmbeddingReply>('/embeddings', body, {
        ...options,
        longestReply: (count + 1) * longestVector,
      });
      const vectors = toUnitVectors(reply, count);
      this.#encoding = encoding; // where another one was refused, it was that which the server refused
      return vectors;
    } catch (error) {
      const next = encodingAfter(encoding, error);
      if (next === null) throw error;
      return this.#embedAtOnce(input, options, next);
    }
  }
}

/** What to ask for after a failure that may be the refusal of an encoding; null where it is none. */
function encodingAfter(encoding: Encoding, error: unknown): Encoding | null {
  if (!refusesRequest(error)) return null;
  if (encoding === 'base64') return 'float';
  const { about } = (error as AppError).cause as ServerReplied;
  return encoding === 'float' && about.includes('encoding_format') ? 'as it likes' : null;
}

/** Whether a failure may be a server's refusal of so many texts at once. */
const refusesSize = (error: unknown) =>
  refusesRequest(error) ||
  (error instanceof AppError && (error.cause as { status?: number } | undefined)?.status === 413);

/**
 * The vectors of a reply, in order, at unit length.
 * @throws AppError MODEL_BAD_OUTPUT unless there are `count` vectors of equal length, of finite numbers, none of them
 * zero
 */
function toUnitVectors(reply: EmbeddingReply, count: number): number[][] {
  const vectors = Array.isArray(reply?.data)
    ? [...reply.data].sort((a, b) => Number(a?.index) - Number(b?.index)).map((each) => numbersOf(each?.embedding))
    : [];
  const length = vectors[0]?.length ?? 0;
  const squares = vectors.map((vector) => (vector.length === length ? sumOfSquares(vector) : Number.NaN));
  if (vectors.length !== count || length === 0 || !squares.every(Number.isFinite))
    throw new AppError('MODEL_BAD_OUTPUT', 'The embedding model did not return one vector of numbers for each text.');
  if (squares.includes(0)) throw new AppError('MODEL_BAD_OUTPUT', 'The embedding model returned a vector of zeros.');
  return vectors.map((vector, at) => {
    const norm = Math.sqrt(squares[at]!);
    const unit = new Array<number>(length);
    for (let index = 0; index < length; index += 1) unit[index] = vector[index]! / norm;
    return unit;
  });
}

/** The numbers of a vector, in whichever encoding: some servers know only one. Empty where it is no vector. */
function numbersOf(embedding: unknown): ArrayLike<number> {
  if (Array.isArray(embedding)) return embedding;
  if (typeof embedding !== 'string') return [];
  const { buffer, byteOffset, byteLength } = Buffer.from(embedding, 'base64');
  if (byteLength % 4 !== 0) return [];
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

/** The sum of squares; NaN where a value is not a number. */
function sumOfSquares(vector: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < vector.length; at += 1) {
    const value = vector[at];
    sum += typeof value === 'number' ? value * value : Number.NaN;
  }
  return sum;
}
