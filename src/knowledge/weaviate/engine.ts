import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { AppError } from '../../errors.ts';

/** Where the engine is: one address for each of its nodes, any of which can be asked. */
export type EngineAddress = { endpoints: string[]; apiKey?: string | undefined };

/**
 * How long one call may take, in milliseconds; how often one that gets no usable reply is made again at every node, and for how
 * long.
 */
const callMs = 10_000;
const rounds = 3;
const patienceMs = 15_000;
const pauseMs = 200;

const readyPath = '/v1/.well-known/ready';

type Reply = { status: number; text: string };

export type Engine = ReturnType<typeof openEngine>;
/** An object as the engine takes it. */
export type EngineObject = {
  class: string;
  id: string;
  tenant?: string;
  properties: Record<string, unknown>;
  vector?: number[];
};

const unreachable = (cause?: unknown) => new AppError('NOT_READY', 'Weaviate does not reply.', { cause });

/**
 * What the engine complains of, as far as it matters to those who ask. Its words may repeat what it was sent, so none of them
 * is passed on.
 */
function toError(status: number, words: string): AppError {
  if (status === 401 || status === 403) return new AppError('NOT_READY', 'Weaviate refuses WEAVIATE_API_KEY.');
  if (/tenant not found/i.test(words))
    return new AppError('COLLECTION_NOT_FOUND', 'There is no collection of this name.');
  if (/vector (lengths?|dimensions?)|different dimension/i.test(words))
    return new AppError('MODEL_BAD_OUTPUT', 'The embedding model returned a vector of an unexpected length.');
  if (/read-?only|no space left/i.test(words)) return new AppError('STORAGE_FULL', 'Weaviate has no room left.');
  // While nodes come and go the engine says so in many ways: by its status, or in words about leaders and replicas.
  if (
    status >= 500 ||
    /leader|replica|unavailable|connect|deadline|shutting down|not ready|could not find index|EOF/i.test(words)
  )
    return unreachable(new Error(`status ${status}`));
  return new AppError('INTERNAL', 'Weaviate does not take what it is asked.', { cause: new Error(`status ${status}`) });
}

/**
 * Speaks to Weaviate by REST and GraphQL. A call that gets no reply, or one that says that the engine can't now, is made again
 * at the next endpoint; so all that is asked must be safe to ask twice.
 */
export function openEngine({ endpoints, apiKey }: EngineAddress) {
  const nodes = endpoints.map((endpoint) => {
    const { origin, pathname } = new URL(endpoint);
    const options = { connections: 64, pipelining: 1, headersTimeout: callMs, bodyTimeout: callMs };
    const pool = new Pool(origin, { ...options, connect: { timeout: 2_000 } });
    const node = { pool, root: pathname.replace(/\/+$/, ''), mayBeStarting: true };
    // A node that starts replies before it knows all its tenants and objects; one that hung up may have been started anew.
    pool.on('disconnect', () => {
      node.mayBeStarting = true;
    });
    return node;
  });
  const headers = {
    'content-type': 'application/json',
    ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
  };
  const closing = new AbortController();
  let preferred = 0; // the node that replied last

  async function once(at: number, method: string, path: string, body: string | undefined): Promise<Reply> {
    const node = nodes[at]!;
    if (node.mayBeStarting && path !== readyPath) {
      node.mayBeStarting = false; // a connection that ends meanwhile says otherwise
      const { status } = await once(at, 'GET', readyPath, undefined);
      if (status !== 200) {
        node.mayBeStarting = true;
        throw unreachable();
      }
    }
    const { pool, root } = node;
    const response = await pool.request({
      method: method as 'GET',
      path: root + path,
      headers,
      ...(body !== undefined && { body }),
      signal: AbortSignal.any([closing.signal, AbortSignal.timeout(callMs)]),
    });
    return { status: response.statusCode, text: await response.body.text() };
  }

  /** @param read makes the result of a reply, or throws; NOT_READY means to try again */
  async function call<Result>(
    method: string,
    path: string,
    body: unknown,
    read: (reply: Reply) => Result,
    attempts = rounds * nodes.length,
  ) {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    let last: AppError = unreachable();
    const began = performance.now();
    for (let attempt = 0; attempt < attempts && performance.now() - began < patienceMs; attempt += 1) {
      if (attempt > 0 && attempt % nodes.length === 0) await delay(pauseMs * attempt);
      if (closing.signal.aborted) throw new AppError('NOT_READY', 'The service is stopping.');
      const at = preferred;
      try {
        return read(await once(at, method, path, sent));
      } catch (error) {
        last = error instanceof AppError ? error : unreachable(error);
        if (last.code !== 'NOT_READY') throw last;
        nodes[at]!.mayBeStarting = true;
        if (preferred === at) preferred = (at + 1) % nodes.length;
      }
    }
    throw last;
  }

  /** The JSON of a reply, or null for 404. */
  function request<Result>(method: string, path: string, body?: unknown): Promise<Result | null> {
    return call(method, path, body, ({ status, text }) => {
      if (status === 404) return null;
      if (status >= 300) throw toError(status, text);
      return (text === '' ? {} : JSON.parse(text)) as Result;
    });
  }

  async function write(objects: EngineObject[], attempts?: number): Promise<void> {
    const path = '/v1/batch/objects?consistency_level=QUORUM';
    const read = ({ status, text }: Reply) => {
      if (status >= 300) throw toError(status, text);
      for (const { result } of JSON.parse(text) as { result?: { status?: string; errors?: unknown } }[])
        if (result?.status === 'FAILED') throw toError(status, JSON.stringify(result.errors ?? ''));
    };
    await call('POST', path, { objects }, read, attempts);
  }

  return {
    request,

    /** The results of a GraphQL query, by the names that it gives them. */
    query<Results>(kind: 'Get' | 'Aggregate', parts: string): Promise<Results> {
      return call('POST', '/v1/graphql', { query: `{${kind}{${parts}}}` }, ({ status, text }) => {
        if (status >= 300) throw toError(status, text);
        const { data, errors } = JSON.parse(text) as { data?: Record<string, Results>; errors?: unknown[] };
        if (errors?.length || !data) throw toError(status, JSON.stringify(errors));
        return data[kind]!;
      });
    },

    /** Writes objects, each in the place of the one with the same id; those of one call in no promised order. */
    write: (objects: EngineObject[]) => write(objects),

    /**
     * Writes objects with vectors, as they are, so that the vectors are on the disk as well. The engine answers before it has
     * written these to their log, and writes what is left there at the end of the next call to the same shards; it takes an
     * object that it has already for written. So objects that may have come in before the engine died must not be sent
     * again: a call that fails has failed.
     */
    async writeVectors(objects: EngineObject[]): Promise<void> {
      await request('GET', readyPath); // finds a node that replies
      await write(objects, 1);
      await write(objects.slice(-1), 1);
    },

    /** Removes all objects of a class that a condition names. */
    async erase(className: string, where: object, tenant?: string): Promise<void> {
      const path = `/v1/batch/objects?consistency_level=QUORUM${tenant === undefined ? '' : `&tenant=${tenant}`}`;
      type Erased = { results?: { matches: number; limit: number; failed: number } };
      for (let more = true; more; ) {
        const body = { match: { class: className, where }, output: 'minimal' };
        const erased = await call('DELETE', path, body, ({ status, text }) => {
          if (status >= 300) throw toError(status, text);
          return JSON.parse(text) as Erased;
        });
        if (erased.results?.failed) throw unreachable();
        more = (erased.results?.matches ?? 0) > (erased.results?.limit ?? Number.POSITIVE_INFINITY);
      }
    },

    async close() {
      closing.abort();
      await Promise.all(nodes.map(({ pool }) => pool.destroy().catch(() => {})));
    },
  };
}
