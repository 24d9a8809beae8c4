import type { ServerResponse } from 'node:http';
import { hashedEmbedding } from './hashed-embedding.ts';

export interface ChatRequest {
  model: string;
  messages: { role: string; content: unknown; [field: string]: unknown }[];
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  [field: string]: unknown;
}

export interface EmbeddingRequest {
  model: string;
  input: string | string[];
  encoding_format?: 'float' | 'base64';
  dimensions?: number;
  [field: string]: unknown;
}

export interface Timing {
  /** Answers no earlier than this long after the call. */
  delayMs?: number;
  /** Answers no earlier than this promise settles: the way to hold a call without a clock. */
  until?: Promise<unknown>;
}

interface Usage {
  /** Made up from word counts when left out; null leaves it out of the reply, as some local servers do. */
  usage?: { prompt_tokens: number; completion_tokens?: number; total_tokens: number } | null;
}

export interface ChatAnswer extends Timing, Usage {
  /** An async iterable hands out the deltas of a stream one by one, at the pace of the test. */
  content: string | null | AsyncIterable<string>;
  finishReason?: string;
  /** Passed on as it is; a stream carries it whole in its first delta. */
  logprobs?: unknown;
  toolCalls?: { name: string; arguments: unknown }[];
  choices?: 0;
}

export interface EmbeddingAnswer extends Timing, Usage {
  /** Sent as they are, however many were asked for. */
  vectors?: number[][];
  /** The length of the vectors, whatever the request and the server say. */
  dimension?: number;
  /** Sends floats where base64 is asked for, and base64 where floats are. */
  ignoreEncodingFormat?: boolean;
}

/** What a failure spoils: a reply that would have been fine, in the pieces in which it would have been sent. */
export interface GoodReply {
  contentType: string;
  pieces: string[];
}

export interface Failure {
  /** The connection is dropped by the script, so that the diary doesn't call it the client's doing. */
  drops?: true;
  send(response: ServerResponse, good: GoodReply): void;
}

export type ChatReply = string | ChatAnswer | Failure;
export type EmbeddingReply = EmbeddingAnswer | Failure;

const errorCodes: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'invalid_api_key',
  404: 'model_not_found',
  429: 'rate_limit_exceeded',
};

interface StatusOptions {
  retryAfterSeconds?: number;
  message?: string;
  code?: string;
}

/** The ways in which a model server can fail. Each works for both endpoints, streams included. */
export const fail = {
  status: (status: number, options: StatusOptions = {}): Failure => ({
    send(response) {
      if (options.retryAfterSeconds !== undefined) response.setHeader('retry-after', options.retryAfterSeconds);
      const code = options.code ?? errorCodes[status] ?? 'server_error';
      const error = { message: options.message ?? `scripted ${status}`, type: 'scripted', param: null, code };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    },
  }),
  /** Takes the call and never answers it, until the client leaves or the server closes. */
  hang: (): Failure => ({ send() {} }),
  /** Sends the first part of a good reply and then nothing more. */
  hangMidBody: (): Failure => ({ send: (response, good) => void startOf(response, good) }),
  reset: (): Failure => ({ drops: true, send: (response) => void response.socket?.resetAndDestroy() }),
  resetMidBody: (): Failure => ({
    drops: true,
    // Waits for the first part to be on its way: a reset at once would overtake it.
    send: (response, good) => startOf(response, good, () => setImmediate(() => response.socket?.resetAndDestroy())),
  }),
  /** A reply that ends properly in the middle of its JSON. */
  halfJson: (): Failure => ({ send: (response, good) => startOf(response, good, () => response.end()) }),
  /** A stream that ends properly after some deltas, with no finish reason and no [DONE]; half a JSON elsewhere. */
  cutShort: (): Failure => ({
    send(response, good) {
      if (good.pieces.length === 1) startOf(response, good, () => response.end());
      else response.writeHead(200, { 'content-type': good.contentType }).end(good.pieces.slice(0, 3).join(''));
    },
  }),
  /** An error told inside a stream that began well; a 200 with an error as its body elsewhere. */
  errorInBody: (message = 'scripted error'): Failure => ({
    send(response, good) {
      const error = JSON.stringify({ error: { message, type: 'scripted', code: 'server_error' } });
      response.writeHead(200, { 'content-type': good.contentType });
      if (good.pieces.length === 1) response.end(error);
      else response.end(`${good.pieces.slice(0, 3).join('')}data: ${error}\n\n`);
    },
  }),
  empty: (): Failure => ({
    send: (response, good) => void response.writeHead(200, { 'content-type': good.contentType }).end(),
  }),
  html: (): Failure => ({
    send(response) {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><h1>Sign in to the network</h1>');
    },
  }),
  /** No choices, and from the other endpoint no vectors. */
  noChoices: (): ChatAnswer & EmbeddingAnswer => ({ content: '', choices: 0, vectors: [] }),
  /** An answer without a word, and from the other endpoint a vector without a number. */
  emptyContent: (): ChatAnswer & EmbeddingAnswer => ({ content: '', dimension: 0 }),
  /** As many vectors as texts, none of them of numbers. */
  noNumbers: (): EmbeddingAnswer => ({ vectors: [[Number.NaN, Number.NaN]] }),
  /** Sends a good reply a byte at a time, with a pause before each. */
  trickle: (pauseMs: number): Failure => ({
    send(response, good) {
      const bytes = Buffer.from(good.pieces.join(''));
      response.writeHead(200, { 'content-type': good.contentType }).flushHeaders();
      let sent = 0;
      const timer = setInterval(() => {
        response.write(bytes.subarray(sent, ++sent));
        if (sent >= bytes.length) response.end();
      }, pauseMs);
      response.once('close', () => clearInterval(timer));
    },
  }),
  /** Sends the head of its reply a byte at a time, without end. */
  slowHead: (pauseMs: number): Failure => ({
    send(response) {
      const { socket } = response;
      socket?.write('HTTP/1.1 200 OK\r\nx-slow: ');
      const timer = setInterval(() => socket?.write('a'), pauseMs);
      response.once('close', () => clearInterval(timer));
      socket?.once('close', () => clearInterval(timer));
    },
  }),
  /** A reply of so many bytes, sent as fast as it is taken; `sentBytes` tells how much of all such replies was. */
  flood: (bytes: number): Failure & { sentBytes: number } => ({
    sentBytes: 0,
    send(response, good) {
      const isStream = good.pieces.length > 1;
      const content = isStream ? good.pieces[1]! : 'a'.repeat(2 ** 16);
      const piece = Buffer.from(content.repeat(Math.ceil(2 ** 16 / content.length)));
      response.writeHead(200, { 'content-type': good.contentType });
      if (!isStream) response.write('{"choices":[{"index":0,"message":{"role":"assistant","content":"');
      let left = bytes;
      const pour = () => {
        while (left > 0 && !response.destroyed) {
          left -= piece.length;
          this.sentBytes += piece.length;
          if (!response.write(piece)) return void response.once('drain', pour);
        }
        response.end();
      };
      pour();
    },
  }),
  /** Answers well, but late. */
  slow: (delayMs: number, content = 'late'): ChatAnswer & EmbeddingAnswer => ({ content, delayMs }),
};

function startOf(response: ServerResponse, good: GoodReply, then?: () => void): void {
  const body = good.pieces.length === 1 ? good.pieces[0]! : good.pieces.slice(0, 3).join('');
  response.writeHead(200, { 'content-type': good.contentType });
  response.write(body.slice(0, -Math.ceil((good.pieces[2] ?? body).length / 2)), then);
}

/** The text of all messages of a request, parts included. */
export function promptText(request: ChatRequest): string {
  const parts = request.messages.flatMap(({ content }) => (Array.isArray(content) ? content : [{ text: content }]));
  return parts.map((part) => part.text ?? '').join('\n');
}

function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

function chatUsage(request: ChatRequest, answer: ChatAnswer, content: string): Usage['usage'] {
  if (answer.usage !== undefined) return answer.usage;
  const [prompt, completion] = [countWords(promptText(request)), countWords(content)];
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

function toolCallsOf(answer: ChatAnswer): object[] | undefined {
  return answer.toolCalls?.map(({ name, arguments: given }, index) => {
    const text = typeof given === 'string' ? given : JSON.stringify(given);
    return { index, id: `call_${index + 1}`, type: 'function', function: { name, arguments: text } };
  });
}

/** The body of a chat completion, or the server-sent events of one when the request asks for a stream. */
export async function* chatBody(request: ChatRequest, answer: ChatAnswer, id: string): AsyncGenerator<string> {
  const head = { id, created: 0, model: request.model };
  const deltas = typeof answer.content === 'string' ? (answer.content.match(/\s*\S+|\s+$/g) ?? []) : answer.content;
  const tool_calls = toolCallsOf(answer);
  const finish_reason = answer.finishReason ?? (tool_calls ? 'tool_calls' : 'stop');
  let content = '';

  if (!request.stream) {
    for await (const delta of deltas ?? []) content += delta;
    const message = { role: 'assistant', content: answer.content === null ? null : content, tool_calls };
    const choice = { index: 0, message, logprobs: answer.logprobs ?? null, finish_reason };
    const usage = chatUsage(request, answer, content) ?? undefined;
    yield JSON.stringify({ ...head, object: 'chat.completion', choices: answer.choices === 0 ? [] : [choice], usage });
    return;
  }

  const event = (choices: object[], usage?: object) =>
    `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, usage })}\n\n`;
  const step = (delta: object, logprobs: unknown = null, finish_reason: string | null = null) =>
    event(answer.choices === 0 ? [] : [{ index: 0, delta, logprobs, finish_reason }]);
  yield step({ role: 'assistant', content: '', tool_calls });
  for await (const delta of deltas ?? []) {
    yield step({ content: delta }, content === '' ? answer.logprobs : null);
    content += delta;
  }
  yield step({}, null, finish_reason);
  const usage = chatUsage(request, answer, content);
  if (request.stream_options?.include_usage && usage) yield event([], usage);
  yield 'data: [DONE]\n\n';
}

/** The body of an embedding reply, in the encoding that the request asks for. */
export function embeddingBody(request: EmbeddingRequest, answer: EmbeddingAnswer, dimension: number): string {
  const texts = [request.input].flat().map(String);
  const length = answer.dimension ?? request.dimensions ?? dimension;
  const vectors = answer.vectors ?? texts.map((text) => hashedEmbedding(text, length));
  const asBase64 = (request.encoding_format === 'base64') !== Boolean(answer.ignoreEncodingFormat);
  const data = vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: asBase64 ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector,
  }));
  const prompt = countWords(texts.join(' '));
  const usage = answer.usage === null ? undefined : (answer.usage ?? { prompt_tokens: prompt, total_tokens: prompt });
  return JSON.stringify({ object: 'list', data, model: request.model, usage });
}
