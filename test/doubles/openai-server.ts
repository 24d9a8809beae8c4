import { AssertionError } from 'node:assert';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createDiary, type DiaryEntry } from './diary.ts';
import type {
  ChatReply,
  ChatRequest,
  EmbeddingReply,
  EmbeddingRequest,
  Failure,
  GoodReply,
  Timing,
} from './openai-replies.ts';
import { chatBody, embeddingBody, fail, promptText } from './openai-replies.ts';

export interface OpenAiServerOptions {
  /** What GET /v1/models lists. */
  models?: string[];
  /** The length of the vectors, 64 by default. */
  dimension?: number;
  /** A free one by default. */
  port?: number;
  /** Every embedding reply comes in the encoding that wasn't asked for. */
  ignoreEncodingFormat?: boolean;
  /** The running test: when it ends the server closes, and a script that wasn't followed fails the test. */
  test?: { after(hook: () => Promise<void>): void; readonly error?: unknown };
}

type ScriptedChat = ChatReply | ((request: ChatRequest) => ChatReply);
type Matcher<Request> = string | RegExp | ((request: Request) => boolean);
type Rule<Request, Reply> = { claims: (request: Request) => boolean; replies: Reply[] };

const goodAnswer = { content: 'A reply that will not arrive whole.' };

/**
 * A model server for tests: it speaks OpenAI's HTTP on a loopback port, answers from a script and keeps a diary.
 * A chat call is answered by the newest rule that claims it (`chatWhen`), else by the next reply in the queue (`chat`),
 * else with a 500. Embeddings need no script: each text has its vector (hashed-embedding.ts).
 */
export async function startOpenAiServer(options: OpenAiServerOptions = {}) {
  const { models = ['scripted-chat', 'scripted-embedding'], dimension = 64, ignoreEncodingFormat = false } = options;
  const diary = createDiary();
  const chatQueue: ScriptedChat[] = [];
  const embeddingQueue: EmbeddingReply[] = [];
  const chatRules: Rule<ChatRequest, ScriptedChat>[] = [];
  const embeddingRules: Rule<EmbeddingRequest, EmbeddingReply>[] = [];
  let unscripted = 0;
  let closed: Promise<void> | undefined;

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      // A client that leaves half-way is not a fault of the script; a script that throws is.
      if (!request.complete || response.destroyed) return;
      if (!response.headersSent) return refuse(response, 500, `the script threw ${error}`);
      unscripted++;
      diary.noteDropped(response);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const entry = await diary.record(request, response);
    const call = `${entry.method} ${entry.path}`;
    response.setHeader('x-request-id', `req-${diary.entries.indexOf(entry) + 1}`);
    if (call === 'POST /v1/chat/completions' && has<ChatRequest>(entry.body, 'messages')) {
      await answerChat(entry.body, response);
    } else if (call === 'POST /v1/embeddings' && has<EmbeddingRequest>(entry.body, 'input')) {
      await answerEmbedding(entry.body, response);
    } else if (call === 'GET /v1/models') {
      const data = models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'test' }));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ object: 'list', data }));
    } else {
      refuse(response, call.startsWith('POST') && entry.body === undefined ? 400 : 404, `not understood: ${call}`);
    }
  }

  async function answerChat(request: ChatRequest, response: ServerResponse): Promise<void> {
    const scripted = nextReply(chatRules, chatQueue, request);
    if (scripted === undefined) return refuse(response, 500, 'the script has no reply to this call');
    const reply = typeof scripted === 'function' ? scripted(request) : scripted;
    const id = `chatcmpl-${response.getHeader('x-request-id')}`;
    const contentType = request.stream ? 'text/event-stream' : 'application/json';
    if (isFailure(reply)) {
      const pieces = await Array.fromAsync(chatBody(request, goodAnswer, id));
      return spoil(reply, response, { contentType, pieces });
    }
    const whole = typeof reply === 'string' ? { content: reply } : reply;
    if (await clientLeftBefore(whole, response)) return;
    if (!request.stream) {
      const [body] = await Array.fromAsync(chatBody(request, whole, id));
      response.writeHead(200, { 'content-type': contentType }).end(body);
      return;
    }
    response.writeHead(200, { 'content-type': contentType }).flushHeaders();
    for await (const event of chatBody(request, whole, id)) {
      if (response.destroyed) return;
      if (!response.write(event)) await drained(response);
    }
    response.end();
  }

  async function answerEmbedding(request: EmbeddingRequest, response: ServerResponse): Promise<void> {
    const reply = nextReply(embeddingRules, embeddingQueue, request) ?? {};
    const whole = isFailure(reply) ? {} : reply;
    const body = embeddingBody(request, { ignoreEncodingFormat, ...whole }, dimension);
    if (isFailure(reply)) return spoil(reply, response, { contentType: 'application/json', pieces: [body] });
    if (await clientLeftBefore(whole, response)) return;
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  }

  function spoil(failure: Failure, response: ServerResponse, good: GoodReply): void {
    if (failure.drops) diary.noteDropped(response);
    failure.send(response, good);
  }

  function refuse(response: ServerResponse, status: number, message: string): void {
    unscripted++;
    spoil(fail.status(status, { code: 'UNSCRIPTED', message }), response, { contentType: '', pieces: [] });
  }

  const openAi = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    /** The diary: every call in the order of arrival. */
    requests: diary.entries,
    get chatRequests() {
      return diary.entries.filter(({ path }) => path === '/v1/chat/completions') as DiaryEntry<ChatRequest>[];
    },
    get embeddingRequests() {
      return diary.entries.filter(({ path }) => path === '/v1/embeddings') as DiaryEntry<EmbeddingRequest>[];
    },
    /** Calls that nothing in the script was meant for. */
    get unscripted() {
      return unscripted;
    },
    /** Queued replies that nobody has asked for. */
    get unused() {
      return chatQueue.length + embeddingQueue.length;
    },
    /** Queues chat replies. */
    chat(...replies: ScriptedChat[]): void {
      chatQueue.push(...replies);
    },
    /** Queues embedding replies; once they are used up, calls get the vectors of their texts again. */
    embeddings(...replies: EmbeddingReply[]): void {
      embeddingQueue.push(...replies);
    },
    /**
     * A rule for the chat calls whose messages contain a text (or match an expression, or satisfy a function). It goes
     * before older rules and the queue, gives its replies in order, and repeats the last one for ever.
     */
    chatWhen(matcher: Matcher<ChatRequest>, ...replies: [ScriptedChat, ...ScriptedChat[]]): void {
      chatRules.push({ claims: claimedBy(matcher, promptText), replies });
    },
    /** The same for the embedding calls whose texts contain a text. */
    embeddingsWhen(matcher: Matcher<EmbeddingRequest>, ...replies: [EmbeddingReply, ...EmbeddingReply[]]): void {
      const textOf = ({ input }: EmbeddingRequest) => [input].flat().join('\n');
      embeddingRules.push({ claims: claimedBy(matcher, textOf), replies });
    },
    /** The first call that satisfies the predicate, now or later. Calls are shown when they arrive and when they end. */
    waitFor: diary.waitFor,
    /** Throws when a queued reply was not asked for or a call was unscripted. Rules may go unused. */
    assertSettled(): void {
      if (unscripted + openAi.unused === 0) return;
      throw new AssertionError({
        message: `${unscripted} unscripted calls; unused replies: ${chatQueue.length} chat, ${embeddingQueue.length} embeddings`,
        actual: { unscripted, unused: openAi.unused },
        expected: { unscripted: 0, unused: 0 },
      });
    },
    /** Ends every connection and waits until the port is free. */
    close(): Promise<void> {
      closed ??= new Promise((resolve) => {
        diary.close();
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closed;
    },
  };

  options.test?.after(async () => {
    await openAi.close();
    // A test that failed in its middle leaves replies over. Told of here, they would keep other hooks from closing what is open.
    if (!options.test?.error) openAi.assertSettled();
  });
  return openAi;
}

/** What `startOpenAiServer` gives: the script, the diary and the address. */
export type OpenAiServer = Awaited<ReturnType<typeof startOpenAiServer>>;

/** Waits as long as the script says; true when the client is gone by then. */
async function clientLeftBefore({ delayMs, until }: Timing, response: ServerResponse): Promise<boolean> {
  const leaving = new AbortController();
  response.once('close', () => leaving.abort());
  await until;
  // The timer ends with the call, so that nothing outlives the test.
  if (delayMs !== undefined) await delay(delayMs, undefined, { signal: leaving.signal }).catch(() => undefined);
  return response.destroyed;
}

/** Resolves when a client has taken what was written to it, or has left. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });
}

/** What the newest rule that claims a call says, else the queue; a rule with several replies stays with the last. */
function nextReply<Request, Reply>(rules: Rule<Request, Reply>[], queue: Reply[], request: Request): Reply | undefined {
  const replies = rules.findLast((rule) => rule.claims(request))?.replies;
  return replies && replies.length < 2 ? replies[0] : (replies ?? queue).shift();
}

function claimedBy<Request>(matcher: Matcher<Request>, textOf: (request: Request) => string) {
  return (request: Request): boolean => {
    if (typeof matcher === 'function') return matcher(request);
    return typeof matcher === 'string' ? textOf(request).includes(matcher) : textOf(request).search(matcher) >= 0;
  };
}

function isFailure(reply: object | string): reply is Failure {
  return typeof reply === 'object' && 'send' in reply;
}

function has<Body>(body: unknown, field: keyof Body & string): body is Body {
  return typeof body === 'object' && body !== null && field in body;
}
