import type { BaseCache } from '@langchain/core/caches';
import { ChatOpenAICompletions } from '@langchain/openai';
import type { OpenAI } from 'openai';
import { AppError } from '../errors.ts';
import type { ServedModel } from './model-server.ts';
import { translateFailure } from './translate-failure.ts';

type Completion = OpenAI.Chat.ChatCompletion;
type Chunk = OpenAI.Chat.ChatCompletionChunk;
type Request = OpenAI.Chat.ChatCompletionCreateParams;

/**
 * A chat model of an OpenAI-compatible server, by LangChain's class for `/chat/completions` (the general one sends some models
 * to `/responses`, which few compatible servers have). Temperature 0, explicit deadline and retries, no limit of its own on
 * how many calls run at once. What the class lacks is added at the one place where it calls: replies that hold nothing are
 * told from good ones, a reply to a JSON schema stays text for our own reader, and failures are ours.
 */
export class CheckedOpenAiChatModel extends ChatOpenAICompletions {
  /**
   * @param options.oneWord replies are cut off after a token or two, and come with the probabilities of the likeliest ones
   * @param options.cache replies that it holds are not asked for again
   */
  constructor(fields: ServedModel, options: { oneWord?: boolean; cache?: BaseCache | undefined } = {}) {
    super({
      ...(options.oneWord && { maxTokens: 2, logprobs: true, topLogprobs: 20 }),
      ...(options.cache && { cache: options.cache }),
      model: fields.model,
      apiKey: fields.apiKey,
      configuration: { baseURL: fields.baseUrl ?? null, logLevel: 'off' },
      maxRetries: fields.maxRetries,
      timeout: fields.timeoutMs,
      maxConcurrency: Number.POSITIVE_INFINITY,
      temperature: 0,
    });
  }

  override completionWithRetry(
    request: OpenAI.Chat.ChatCompletionCreateParamsStreaming,
    options?: OpenAI.RequestOptions,
  ): Promise<AsyncIterable<Chunk>>;
  override completionWithRetry(
    request: OpenAI.Chat.ChatCompletionCreateParamsNonStreaming,
    options?: OpenAI.RequestOptions,
  ): Promise<Completion>;
  override async completionWithRetry(
    request: Request,
    options?: OpenAI.RequestOptions,
  ): Promise<AsyncIterable<Chunk> | Completion> {
    const clientOptions = this._getClientOptions(options as never) as OpenAI.RequestOptions;
    const { signal } = options ?? {};
    try {
      const reply = await this.caller.callWithOptions({ ...(signal && { signal }) }, () =>
        this.client.chat.completions.create(request, clientOptions),
      );
      return request.stream ? checkedStream(reply as AsyncIterable<Chunk>) : checked(reply as Completion);
    } catch (error) {
      throw translateFailure(error);
    }
  }
}

/** @throws AppError MODEL_BAD_OUTPUT where the reply is no completion, such as a page of HTML or an empty list of choices */
function checked(reply: Completion): Completion {
  if (Array.isArray(reply?.choices) && reply.choices.length > 0) return reply;
  throw new AppError('MODEL_BAD_OUTPUT', 'The model server replied without a completion.');
}

/** @throws AppError MODEL_BAD_OUTPUT where the stream ends without having been finished */
async function* checkedStream(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
  let finished = false;
  try {
    for await (const chunk of chunks) {
      if (chunk.choices?.[0]?.finish_reason) finished = true;
      yield chunk;
    }
  } catch (error) {
    throw translateFailure(error);
  }
  if (!finished) throw new AppError('MODEL_BAD_OUTPUT', 'The model server broke off its reply.');
}
