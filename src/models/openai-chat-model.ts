import type { BaseCache } from '@langchain/core/caches';
import type { BaseLanguageModelInput } from '@langchain/core/language_models/base';
import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages';
import type { RunnableConfig } from '@langchain/core/runnables';
import { IterableReadableStream } from '@langchain/core/utils/stream';
import { ChatOpenAICompletions } from '@langchain/openai';
import type { OpenAI } from 'openai';
import { AppError } from '../errors.ts';
import { jsonOf, piecesOf } from '../message-pieces.ts';
import { recorded } from '../trail.ts';
import {
  badOutput,
  type Chunk,
  type Completion,
  longestText,
  toChunk,
  toCompletion,
  toMessage,
  toMessageChunks,
} from './completion-replies.ts';
import type { ModelServer } from './model-server.ts';

type Request = OpenAI.Chat.ChatCompletionCreateParams;
type CallOptions = ChatOpenAICompletions['ParsedCallOptions'] & RunnableConfig;

/** A model and the server that has it. `timeoutMs` is the deadline of one call where it is nearer than the server's. */
export type ServedModel = { model: string; server: ModelServer; timeoutMs?: number | undefined };

/** What is sent to a server that has the model of this name: JSON, or what is made into it. */
type BodyFor = (model: string) => object | string;

const path = '/chat/completions';
/** No whole reply that can be of use is longer, in bytes. */
const longestReply = 8 * 2 ** 20;
const roles: Record<string, string> = { human: 'user', ai: 'assistant', system: 'system' };
/** What a config may hold that changes nothing about the call itself. */
const beside = new Set(['signal', 'configurable', 'metadata', 'tags', 'runName', 'callbacks', 'recursionLimit']);

/**
 * A chat model of an OpenAI-compatible server, by LangChain's class for `/chat/completions` (the general one sends some models
 * to `/responses`, which few compatible servers have). Temperature 0. What the class lacks is added at the one place where it
 * calls: our own way to the server in place of a client that makes a class of everything, replies that hold nothing are told from
 * good ones, a reply to a JSON schema stays text for our own reader, and failures are ours. Where no callback of LangChain
 * listens, `invoke` and `stream` go to the server straight away.
 */
export class CheckedOpenAiChatModel extends ChatOpenAICompletions {
  readonly #served: ServedModel;
  readonly #fallback: ServedModel | undefined;
  /** The request's fields that are the same for every call. */
  readonly #fixed: Omit<Request, 'messages' | 'stream'>;
  /** The same as JSON, by the model's name. */
  readonly #fixedFor = new Map<string, string>();

  /**
   * @param options.oneWord replies are cut off after a token or two, and come with the probabilities of the likeliest ones
   * @param options.responseFormat what the server holds the reply to
   * @param options.cache replies that it holds are not asked for again
   * @param options.fallback is asked where the server can't be reached, is overloaded or too slow
   */
  constructor(
    served: ServedModel,
    options: {
      oneWord?: boolean;
      responseFormat?: object;
      cache?: BaseCache | undefined;
      fallback?: ServedModel | undefined;
    } = {},
  ) {
    super({
      ...(options.oneWord && { maxTokens: 2, logprobs: true, topLogprobs: 20 }),
      ...(options.responseFormat && { modelKwargs: { response_format: options.responseFormat } }),
      ...(options.cache && { cache: options.cache }),
      model: served.model,
      apiKey: 'the server object has it',
      maxConcurrency: Number.POSITIVE_INFINITY,
      maxRetries: 0,
      temperature: 0,
    });
    this.#served = served;
    this.#fallback = options.fallback;
    const { stream, ...fixed } = this.invocationParams({} as CallOptions);
    this.#fixed = fixed;
  }

  override invoke(input: BaseLanguageModelInput, options: Partial<CallOptions> = {}): Promise<AIMessageChunk> {
    return recorded(options, this.getName(), 'model', input, (within) => {
      const bodyFor = this.#bodyFor(input, within);
      return bodyFor ? this.#complete(bodyFor, within.signal).then(toMessage) : super.invoke(input, within);
    });
  }

  override async stream(
    input: BaseLanguageModelInput,
    options: Partial<CallOptions> = {},
  ): Promise<IterableReadableStream<AIMessageChunk>> {
    const bodyFor = this.#bodyFor(input, options, '"stream":true,"stream_options":{"include_usage":true},');
    if (!bodyFor) return super.stream(input, options);
    return new DirectStream(toMessageChunks(this.#chunks(bodyFor, options.signal)));
  }

  /** What is sent straight away, as JSON; null where it is for LangChain's class to say. */
  #bodyFor(input: BaseLanguageModelInput, options: Partial<CallOptions>, more = ''): BodyFor | null {
    if (!isPlain(options) || this.cache || !areTexts(input)) return null;
    // Made when it is sent, and not held: while a server thinks, nothing of it need be in memory but its bytes.
    return (model) => {
      const fixed = this.#fixedFor.getOrInsertComputed(model, () => JSON.stringify({ ...this.#fixed, model }));
      let json = `${fixed.slice(0, -1)},${more}"messages":[`;
      for (const [at, message] of input.entries()) json += (at === 0 ? '' : ',') + toRequestMessage(message);
      return `${json}]}`;
    };
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
    const signal = options?.signal ?? undefined;
    const bodyFor: BodyFor = (model) => ({ ...request, model });
    return request.stream ? this.#chunks(bodyFor, signal) : this.#complete(bodyFor, signal);
  }

  /** @throws AppError MODEL_BAD_OUTPUT where the reply is no completion */
  #complete(bodyFor: BodyFor, signal: AbortSignal | undefined): Promise<Completion> {
    const ask = ({ model, server, timeoutMs }: ServedModel) =>
      server.post<unknown>(path, bodyFor(model), { signal, timeoutMs, longestReply }).then(toCompletion);
    const fallback = this.#fallback;
    const asked = ask(this.#served);
    return fallback ? asked.catch((error) => (mayHelp(error, signal) ? ask(fallback) : Promise.reject(error))) : asked;
  }

  /** @throws AppError MODEL_BAD_OUTPUT where the stream ends without having been finished */
  async *#chunks(bodyFor: BodyFor, signal: AbortSignal | undefined): AsyncGenerator<Chunk> {
    let begun = false;
    try {
      for await (const chunk of checked(this.#served, bodyFor, signal)) {
        begun = true;
        yield chunk;
      }
    } catch (error) {
      if (begun || !this.#fallback || !mayHelp(error, signal)) throw error;
      yield* checked(this.#fallback, bodyFor, signal);
    }
  }
}

/** LangChain's stream, whose chunks go to `for await` without a stream of the web between, which costs as much as all else. */
class DirectStream<Chunk> extends IterableReadableStream<Chunk> {
  readonly #chunks: AsyncGenerator<Chunk>;

  constructor(chunks: AsyncGenerator<Chunk>) {
    super(
      {
        async pull(controller) {
          const { value, done } = await chunks.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: () => void chunks.return(undefined),
      },
      { highWaterMark: 0 }, // takes nothing before it is read
    );
    this.#chunks = chunks;
  }

  override [Symbol.asyncIterator]() {
    return this.#chunks as never;
  }
}

/** Whether another server may give what this one failed to, in the time that is left. */
function mayHelp(error: unknown, signal: AbortSignal | undefined): boolean {
  return !signal?.aborted && error instanceof AppError && ['MODEL_UNAVAILABLE', 'MODEL_TIMEOUT'].includes(error.code);
}

/**
 * The chunks of a streamed reply, each with its text or none.
 * @throws AppError MODEL_BAD_OUTPUT where one is no chunk, the text grows too long, or the stream ends without having been finished
 */
async function* checked(
  { model, server, timeoutMs }: ServedModel,
  bodyFor: BodyFor,
  signal: AbortSignal | undefined,
): AsyncGenerator<Chunk> {
  let finished = false;
  let length = 0;
  for await (const event of server.stream<unknown>(path, bodyFor(model), { signal, timeoutMs })) {
    const chunk = toChunk(event);
    const [choice] = chunk.choices;
    if (choice?.finish_reason) finished = true;
    length += choice?.delta.content?.length ?? 0;
    if (length > longestText) throw badOutput('The model replied with more text than can be of use.');
    yield chunk;
  }
  if (!finished) throw badOutput('The model server broke off its reply.');
}

/** Whether nothing of the options asks for more than LangChain's class would send anyway, and nobody listens. */
function isPlain(options: Partial<CallOptions>): boolean {
  if (options.callbacks) return false;
  for (const name of Object.keys(options)) if (!beside.has(name)) return false;
  return true;
}

/** Whether these are messages that hold nothing but text. */
const areTexts = (input: BaseLanguageModelInput): input is BaseMessage[] =>
  Array.isArray(input) &&
  (input as BaseMessage[]).every(
    ({ type, content, name }) => Object.hasOwn(roles, type) && typeof content === 'string' && name === undefined,
  );

/** A message as the server takes it, as JSON. */
const toRequestMessage = (message: BaseMessage) =>
  `{"role":"${roles[message.type]}","content":${jsonOf(piecesOf(message) ?? [message.content as string])}}`;
