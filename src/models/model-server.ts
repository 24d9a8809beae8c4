import { setTimeout as delay } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { startDeadline } from '../deadline.ts';
import { AppError } from '../errors.ts';
import { type Breaker, openBreaker } from './breaker.ts';
import { openConnections, type ProxySetting } from './connections.ts';
import { beginStream, readOn, type StreamWatch } from './streamed-reply.ts';
import { translateFailure } from './translate-failure.ts';
import { wholeReply } from './whole-reply.ts';

/** The address of an OpenAI-compatible server, and how patient calls to it are. */
export type ServerAddress = {
  /** Absent: OpenAI's own. */
  baseUrl?: string | undefined;
  apiKey: string;
  maxRetries: number;
  /** The deadline of one call. */
  timeoutMs: number;
  /** How many calls run at once; more wait for their turn. */
  maxConcurrent?: number;
  /** The way out, if there is one, and what is reached without it. */
  proxy?: ProxySetting | undefined;
};

/** Options of one call. */
type CallOptions = {
  signal?: AbortSignal | undefined;
  /** A deadline nearer than the server's. */
  timeoutMs?: number | undefined;
  /** No useful reply is longer, in bytes; the call is cut off there. */
  longestReply?: number;
  /** What the call is for: calls for one purpose don't suffer when those for another find the server down. */
  purpose?: string | undefined;
};

type StreamOptions = CallOptions & StreamWatch;

/** The longest reply that any call takes, in bytes. */
const longestReply = 64 * 2 ** 20;
/** The wait before a retry, in milliseconds, doubled each time; a random part of it is waited ("full jitter"). */
const backoff = { first: 250, most: 8_000 };
/**
 * One retry for every ten calls, and a few to begin with, so that retries can't multiply the load on a server that is
 * down.
 */
const retryBudget = { atFirst: 20, most: 50, perCall: 0.1 };

export type ModelServer = ReturnType<typeof openModelServer>;

/**
 * An OpenAI-compatible server: JSON by POST over kept-alive connections. Calls to a server that is down or overloaded
 * are made again, as often as `maxRetries` and a budget allow: when the server says (`Retry-After`), or after a random
 * wait. A server that stays down is left alone for a while (breaker.ts), each path and purpose by itself: a model that
 * evaluates may hang while the one that answers works. Nothing that a server says gets into the message of an error.
 */
export function openModelServer(address: ServerAddress) {
  const { apiKey, maxRetries, timeoutMs, maxConcurrent = 1024 } = address;
  const base = new URL(address.baseUrl ?? 'https://api.openai.com/v1');
  const root = base.pathname.replace(/\/+$/, '');
  const { dispatcher, stats } = openConnections(base, address.proxy, {
    connections: maxConcurrent,
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: longestReply,
    keepAliveTimeout: 30_000,
  });
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    authorization: `Bearer ${apiKey}`,
    // Azure's addresses with a version take a key only there.
    ...(base.searchParams.has('api-version') && { 'api-key': apiKey }),
  };
  const breakers = new Map<string, Breaker>();
  let budget = retryBudget.atFirst;

  const requestOf = (path: string, body: object | string, extra = {}): Dispatcher.RequestOptions => ({
    origin: base.origin,
    path: root + path + base.search, // some want their version there
    method: 'POST',
    headers: { ...headers, ...extra },
    // As bytes: a string would stay in memory beside them while the server thinks.
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  });

  const breakerFor = (path: string, { purpose = '' }: CallOptions) =>
    breakers.getOrInsertComputed(`${path} ${purpose}`, openBreaker);

  /**
   * Makes a call, with retries where they make sense. However often it was sent, the breaker counts a failure once.
   * @param send rejects with translated failures
   */
  function call<Reply>(
    breaker: Breaker,
    { signal, timeoutMs: nearer = timeoutMs }: CallOptions,
    send: (signal: AbortSignal) => Promise<Reply>,
  ): Promise<Reply> {
    budget = Math.min(retryBudget.most, budget + retryBudget.perCall);
    return breaker.execute(() => sendUntilTaken(send, Math.min(nearer, timeoutMs), signal), signal);
  }

  async function sendUntilTaken<Reply>(
    send: (signal: AbortSignal) => Promise<Reply>,
    patienceMs: number,
    outer: AbortSignal | undefined,
  ): Promise<Reply> {
    for (let attempt = 0; ; attempt += 1) {
      const deadline = startDeadline(patienceMs, outer);
      try {
        return await send(deadline.signal);
      } catch (error) {
        const wait = attempt < maxRetries ? waitBefore(attempt, error) : null;
        if (wait === null || budget < 1) throw error;
        budget -= 1;
        // Rejects only where the signal fires, with an error of its own whose cause is the signal's reason.
        await delay(wait, undefined, { ...(outer && { signal: outer }) }).catch(({ cause }) => Promise.reject(cause));
      } finally {
        deadline.end();
      }
    }
  }

  async function stream<Event>(
    request: Dispatcher.RequestOptions,
    breaker: Breaker,
    options: StreamOptions,
  ): Promise<AsyncGenerator<Event>> {
    const deadline = startDeadline(Math.min(options.timeoutMs ?? timeoutMs, timeoutMs), options.signal);
    const { signal } = deadline;
    try {
      const begin = () => beginStream<Event>(dispatcher, { ...request, signal }, options);
      const begun = await call(breaker, { ...options, signal }, begin);
      deadline.lift();
      return readOn(begun, breaker, deadline);
    } catch (error) {
      deadline.end();
      throw translateFailure(error, signal);
    }
  }

  return {
    /**
     * Posts a body and gives the JSON of the reply.
     * @param body an object, or JSON that is ready to send
     * @throws AppError MODEL_REJECTED, MODEL_UNAVAILABLE, MODEL_TIMEOUT, MODEL_BAD_OUTPUT; the signal's reason where it
     * fires
     */
    post<Reply>(path: string, body: object | string, options: CallOptions = {}): Promise<Reply> {
      const request = requestOf(path, body);
      const breaker = breakerFor(path, options);
      const longest = options.longestReply ?? longestReply;
      return call(breaker, options, (inner) => wholeReply<Reply>(dispatcher, request, inner, longest)).then((reply) => {
        breaker.succeeded();
        return reply;
      });
    },

    /**
     * Posts a body and gives the JSON of each server-sent event of the reply as it comes, once it has begun: failures
     * before that are retried. The deadline is that of the beginning, since some servers reply at once and then think,
     * or hang; after that only the signal limits how long it may take.
     * @throws as `post`, and so do the events
     */
    stream<Event>(path: string, body: object | string, options: StreamOptions = {}): Promise<AsyncGenerator<Event>> {
      return stream(requestOf(path, body, { accept: 'text/event-stream' }), breakerFor(path, options), options);
    },

    /** The deadline of a call without a nearer one. */
    timeoutMs,
    /** How many calls are under way and waiting, and whether calls of any kind are suspended (breaker.ts). */
    state: () => ({
      ...stats(),
      broken: [...breakers.values()].some((breaker) => breaker.isOpen()),
    }),
    close: () => dispatcher.destroy().catch(() => {}),
  };
}

/** Milliseconds until a failed call may be sent again; null if it may not. */
function waitBefore(attempt: number, error: unknown): number | null {
  if (!(error instanceof AppError) || error.code !== 'MODEL_UNAVAILABLE') return null;
  if (error.retryAfterSeconds !== undefined)
    return error.retryAfterSeconds * 1000 > backoff.most ? null : error.retryAfterSeconds * 1000;
  return Math.random() * Math.min(backoff.most, backoff.first * 2 ** attempt);
}
