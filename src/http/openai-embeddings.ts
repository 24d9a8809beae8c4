import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { wellFormedText } from '../chain/reply.ts';
import { AppError } from '../errors.ts';
import type { About } from './health.ts';
import { whileConnected } from './while-connected.ts';

/**
 * Gives the vectors of texts, at unit length and in order, by the model that made the vectors of the collections;
 * `signal` cancels the call.
 */
export type EmbedTexts = (texts: string[], options: { signal: AbortSignal }) => Promise<number[][]>;

/** How many texts go into one call. */
const textsAtOnce = 32;

const Text = wellFormedText
  .min(1, 'must not be empty')
  .max(100_000, 'must have at most 100,000 characters, each text of it');
const EmbeddingRequest = z.looseObject({
  model: z.string().min(1, 'must not be empty'),
  input: z.union(
    [Text, z.array(Text).min(1, 'must not be empty').max(2048, 'must have at most 2,048 texts')],
    'must be a text, or 1 to 2,048 texts, each of 1 to 100,000 characters; tokens are not taken',
  ),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().nullish(),
});

/** `POST /v1/embeddings`: the embedding model that the service itself uses. */
export const openAiEmbeddingRoute: FastifyPluginAsyncZod<{
  embedTexts: EmbedTexts;
  about: About;
  maxBodyBytes: number;
}> = async (app, { embedTexts, about, maxBodyBytes }) => {
  app.post(
    '/embeddings',
    {
      bodyLimit: maxBodyBytes,
      schema: {
        operationId: 'createEmbedding',
        summary: 'The vectors of texts, for OpenAI clients, by the embedding model that the service uses',
        body: EmbeddingRequest,
        response: {
          200: z.object({
            object: z.literal('list'),
            data: z.array(
              z.object({
                object: z.literal('embedding'),
                index: z.int(),
                embedding: z.union([z.array(z.number()), z.string()]),
              }),
            ),
            model: z.string(),
            usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
          }),
        },
      },
    },
    async (request, reply) => {
      const { model, input, encoding_format, dimensions } = request.body;
      if (model !== about.models.embedding)
        throw new AppError('MODEL_NOT_FOUND', `There is one embedding model here: ${about.models.embedding}.`);
      const signal = whileConnected(reply);
      const vectors = await embedTexts([input].flat(), { signal });
      const dimension = vectors[0]!.length;
      if (dimensions != null && dimensions !== dimension)
        throw new AppError('UNSUPPORTED', `dimensions: the vectors of this model have ${dimension}.`);
      const data = vectors.map((vector, index) => ({
        object: 'embedding' as const,
        index,
        embedding: encoding_format === 'base64' ? toBase64(vector) : vector,
      }));
      // Only the model knows how many tokens a text has, and it isn't asked.
      return { object: 'list' as const, data, model, usage: { prompt_tokens: 0, total_tokens: 0 } };
    },
  );
};

/** The same for any number of texts, a few in each call. */
export const inCalls =
  (embedTexts: EmbedTexts): EmbedTexts =>
  async (texts, { signal }) => {
    const vectors: number[][] = [];
    for (let at = 0; at < texts.length; at += textsAtOnce) {
      signal.throwIfAborted();
      vectors.push(...(await embedTexts(texts.slice(at, at + textsAtOnce), { signal })));
    }
    return vectors;
  };

/** 32-bit floats in little-endian order, as OpenAI's clients unpack them. */
function toBase64(vector: number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, at * 4);
  return bytes.toString('base64');
}
