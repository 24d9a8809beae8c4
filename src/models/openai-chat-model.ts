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
  onlyAnnounces,
  toChunk,
  toCompletion,
  toMessage,
  toMessageChunks,
} from './completion-replies.ts';
import type { ModelServer } from './model-server.ts';
import { type BodyFor, sendWithoutRefused, withoutFields } from './refused-fields.ts';
import { longestWhole } from './server-sent-events.ts';

type Request = OpenAI.Chat.ChatCompletionCreateParams;
type CallOptions = ChatOpenAICompletions['ParsedCallOptions'] & RunnableConfig;

/**
 * A model and its server. `timeoutMs` is the deadline of one call, where nearer than the server's; `purpose` is what it
 * is called for (model-server.ts).
 */
export type ServedModel = {
  model: string;
  server: ModelServer;
  timeoutMs?: number | undefined;
  purpose?: string | undefined;
};

const path = '/chat/completions';
const roles: Record<string, string> = { human: 'user', ai: 'assistant', system: 'system' };
/** Fields of a config that change nothing about the call itself. */
const beside = new Set(['signal', 'configurable', 'metadata', 'tags', 'runName', 'callbacks', 'recursionLimit']);

/**
 * A chat model of an OpenAI-compatible server, at temperature 0. It is LangChain's class for `/chat/completions`; the
 * general class sends some models to `/responses`, which few compatible servers have. Overridden is the one place where
 * that class calls the server: the call goes through `ModelServer` rather than OpenAI's client, which makes objects of
 * classes of everything; empty replies are told from good ones; a reply to a JSON schema stays text, for our own
 * reader; failures are AppErrors. Where no LangChain callback listens, `invoke` and `stream` go to the server directly.
 */
export class CheckedOpenAiChatModel extends ChatOpenAICompletions {
  readonly #served: ServedModel;
  readonly #fallback: ServedModel | undefined;
  /** The fields of a request that are the same for every call. */
  readonly #fixed: Omit<Request, 'messages' | 'stream'>;
  /** The same as JSON, by the name of the model and what else is different. */
  readonly #fixedFor = new Map<string, string>();

  /**
   * @param options.oneWord cuts replies off after two tokens, and has the probabilities of the likeliest ones reported
   * @param options.responseFormat the `response_format` that the server is to hold the reply to
   * @param options.cache gives the replies that it holds, which are then not asked for again
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
    const bodyFor = this.#bodyFor(input, options, { stream: true, stream_options: { include_usage: true } });
    if (!bodyFor) return super.stream(input, options);
    const leaving = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, leaving.signal]) : leaving.signal;
    return new DirectStream(toMessageChunks(this.#chunks(bodyFor, signal)), () => leaving.abort());
  }

  /** Makes the JSON body of a direct call; null where the call must go through LangChain's class. */
  #bodyFor(input: BaseLanguageModelInput, options: Partial<CallOptions>, more?: object): BodyFor | null {
    if (!isPlain(options) || this.cache || !areTexts(input)) return null;
    // Made only when it is sent and not kept: while a server thinks, nothing but the bytes of it need be in memory.
    return (model, without) => {
      const fixed = this.#fixedFor.getOrInsertComputed([model, more !== undefined, ...without].join(' '), () =>
        JSON.stringify(withoutFields({ ...this.#fixed, model, ...more }, without)),
      );
      let json = `${fixed.slice(0, -1)},"messages":[`;
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
    const bodyFor: BodyFor = (model, without) => withoutFields({ ...request, model }, without);
    return request.stream ? this.#chunks(bodyFor, signal) : this.#complete(bodyFor, signal);
  }

  /** @throws AppError MODEL_BAD_OUTPUT where the reply is no completion; what `ModelServer.post` throws */
  #complete(bodyFor: BodyFor, signal: AbortSignal | undefined): Promise<Completion> {
    const ask = (served: ServedModel) => {
      const options = { signal, timeoutMs: served.timeoutMs, purpose: served.purpose, longestReply: longestWhole };
      const send = (body: object | string) => served.server.post<unknown>(path, body, options);
      return sendWithoutRefused(served, bodyFor, send).then(toCompletion);
    };
    const fallback = this.#fallback;
    const asked = ask(this.#served);
    return fallback ? asked.catch((error) => (mayHelp(error, signal) ? ask(fallback) : Promise.reject(error))) : asked;
  }

  /** @throws as `checked` */
  async *#chunks(bodyFor: BodyFor, signal: AbortSignal | undefined): AsyncGenerator<Chunk> {
    let hasText = false;
    try {
      for await (const chunk of checked(this.#served, bodyFor, signal)) {
        hasText ||= Boolean(chunk.choices[0]?.delta.content);
        yield chunk;
      }
    } catch (error) {
      if (hasText || !this.#fallback || !mayHelp(error, signal)) throw error;
      yield* checked(this.#fallback, bodyFor, signal);
    }
  }
}

/**
 * LangChain's stream, except that `for await` reads the chunks directly: a web stream in between costs as much as
 * everything else. It begins when it is first read.
 */
class DirectStream<Chunk> extends IterableReadableStream<Chunk> {
  readonly #chunks: AsyncGenerator<Chunk>;

  /** @param leave ends what the chunks wait for: a generator can't be ended in the midst of that */
  constructor(chunks: AsyncGenerator<Chunk>, leave: () => void) {
    super(
      {
        async pull(controller) {
          const { value, done } = await chunks.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel() {
          leave();
          void chunks.return(undefined);
        },
      },
      { highWaterMark: 0 }, // takes nothing before it is read
    );
    this.#chunks = chunks;
  }

  override [Symbol.asyncIterator]() {
    return this.#chunks as never;
  }
}

/** Whether another server may succeed where this one failed, in the time that is left. */
function mayHelp(error: unknown, signal: AbortSignal | undefined): boolean {
  return !signal?.aborted && error instanceof AppError && ['MODEL_UNAVAILABLE', 'MODEL_TIMEOUT'].includes(error.code);
}

/**
 * The chunks of a streamed reply, each with its text or none.
 * @throws AppError MODEL_BAD_OUTPUT where an event is no chunk, the text grows too long, or the stream ends before the
 * reply is finished; what `ModelServer.stream` throws
 */
async function* checked(served: ServedModel, bodyFor: BodyFor, signal: AbortSignal | undefined): AsyncGenerator<Chunk> {
  let finished = false;
  let length = 0;
  const { timeoutMs, purpose } = served;
  // Some servers say that they are done, but not why the model stopped.
  const onDone = () => {
    finished ||= length > 0;
  };
  const options = { signal, timeoutMs, purpose, onlyAnnounces, onDone };
  const begin = (body: object | string) => served.server.stream<unknown>(path, body, options);
  for await (const event of await sendWithoutRefused(served, bodyFor, begin)) {
    const chunk = toChunk(event);
    const [choice] = chunk.choices;
    if (choice?.finish_reason) finished = true;
    length += choice?.delta.content?.length ?? 0;
    if (length > longestText) throw badOutput('The model replied with more text than can be of use.');
    yield chunk;
  }
  if (!finished) throw badOutput('The model server broke off its reply.');
}

/** Whether no option needs LangChain's class, and no callback listens. */
function isPlain(options: Partial<CallOptions>): boolean {
  if (options.callbacks) return false;
  for (const name of Object.keys(options)) if (!beside.has(name)) return false;
  return true;
}

/** Whether the input is a list of messages that hold nothing but text. */
const areTexts = (input: BaseLanguageModelInput): input is BaseMessage[] =>
  Array.isArray(input) &&
  (input as BaseMessage[]).every(
    ({ type, content, name }) => Object.hasOwn(roles, type) && typeof content === 'string' && name === undefined,
  );

/** A message as the server takes it, as JSON. */
const toRequestMessage = (message: BaseMessage) =>
  `{"role":"${roles[message.type]}","content":${jsonOf(piecesOf(message) ?? [message.content as string])}}`;
