import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../errors.ts';
import { type Find, type Found, fromGraphQl, toGraphQl } from './find.ts';
import { type EngineAddress, type Node, openNodes, type Reply, unreachable } from './nodes.ts';

/**
 * How often a call without a usable reply is tried at every node, and for how long in all; the pause between such rounds, and how long a
 * GraphQL query may take; in milliseconds.
 */
const rounds = 3;
const patienceMs = 15_000;
const pauseMs = 200;
const readMs = 5_000;

export type Engine = ReturnType<typeof openEngine>;
/** An object as the engine takes it. */
export type EngineObject = {
  class: string;
  id: string;
  tenant?: string;
  properties: Record<string, unknown>;
  vector?: number[];
};

/**
 * Translates the engine's complaint. Its words may repeat what it was sent, so they are never passed on.
 */
function toError(status: number, words: string): AppError {
  if (status === 401 || status === 403) return new AppError('NOT_READY', 'Weaviate refuses WEAVIATE_API_KEY.');
  if (/tenant not found/i.test(words))
    return new AppError('COLLECTION_NOT_FOUND', 'There is no collection of this name.');
  if (/vector (lengths?|dimensions?)|different dimension/i.test(words))
    return new AppError('MODEL_BAD_OUTPUT', 'The embedding model returned a vector of an unexpected length.');
  if (/read-?only|no space left/i.test(words)) return new AppError('STORAGE_FULL', 'Weaviate has no room left.');
  // While nodes come and go, the engine says so in many ways: by its status, or in words about leaders and replicas. What it refuses for
  // good it says in JSON; other words are those of a gateway before it, of which a 413 won't change if it is asked again.
  if (
    status >= 500 ||
    [408, 429].includes(status) ||
    (status !== 413 && !/^\s*[[{]/.test(words)) ||
    /leader|replica|unavailable|connect|deadline|shutting down|not ready|could not find index|EOF/i.test(words)
  )
    return unreachable(new Error(`status ${status}`));
  return new AppError('INTERNAL', 'Weaviate does not take what it is asked.', { cause: new Error(`status ${status}`) });
}

/** The JSON of a successful reply. @throws AppError for any other */
function parsed<Content>({ status, text }: Reply): Content {
  if (status >= 300) throw toError(status, text);
  return JSON.parse(text) as Content;
}

const graphQl = (kind: 'Get' | 'Aggregate', parts: string) => ({
  method: 'POST',
  path: '/v1/graphql',
  body: { query: `{${kind}{${parts}}}` },
});

/** The results of a GraphQL query, by the names that it gives them. */
function toResults<Results>(kind: 'Get' | 'Aggregate', reply: Reply): Results {
  const { data, errors } = parsed<{ data?: Record<string, Results>; errors?: unknown[] }>(reply);
  if (errors?.length || !data) throw toError(reply.status, JSON.stringify(errors));
  return data[kind]!;
}

/**
 * Speaks to Weaviate by REST and GraphQL. A call that gets no reply, or is told that the engine can't at the moment, is repeated at the
 * next node; so every call must be safe to repeat.
 */
export function openEngine(address: EngineAddress) {
  const nodes = openNodes(address);

  /** @param read makes the result from a reply, or throws; NOT_READY leads to another try */
  async function call<Result>(
    { body, ...where }: { method: string; path: string; body?: unknown; timeoutMs?: number },
    read: (reply: Reply) => Result,
    attempts = rounds * nodes.count,
  ) {
    const sent = { ...where, ...(body !== undefined && { body: JSON.stringify(body) }) };
    let last: AppError = unreachable();
    const began = performance.now();
    for (let attempt = 0; attempt < attempts && performance.now() - began < patienceMs; attempt += 1) {
      if (attempt > 0 && attempt % nodes.count === 0) await delay(pauseMs * attempt);
      if (nodes.closed) throw new AppError('NOT_READY', 'The service is stopping.');
      const node = nodes.choose();
      try {
        return read(await nodes.ask(node, sent));
      } catch (error) {
        last = error instanceof AppError ? error : unreachable(error);
        if (last.code !== 'NOT_READY') throw last;
        nodes.suspect(node);
      }
    }
    throw last;
  }

  /** The JSON of a reply, or null for the engine's 404, which says nothing, unlike those of gateways. */
  function request<Result>(method: string, path: string, body?: unknown): Promise<Result | null> {
    return call({ method, path, body }, ({ status, text }) =>
      status === 404 && text === '' ? null : parsed<Result>({ status, text: status < 300 ? text || '{}' : text }),
    );
  }

  /** The results of a GraphQL query, by the names that it gives them. */
  const query = <Results>(kind: 'Get' | 'Aggregate', parts: string): Promise<Results> =>
    call({ ...graphQl(kind, parts), timeoutMs: readMs }, (reply) => toResults<Results>(kind, reply));

  async function write(objects: EngineObject[], attempts?: number): Promise<void> {
    const path = '/v1/batch/objects?consistency_level=QUORUM';
    const read = (reply: Reply) => {
      for (const { result } of parsed<{ result?: { status?: string; errors?: unknown } }[]>(reply))
        if (result?.status === 'FAILED') throw toError(reply.status, JSON.stringify(result.errors ?? ''));
    };
    await call({ method: 'POST', path, body: { objects } }, read, attempts);
  }

  return {
    request,

    query,

    /** The same as `query`, at one node, once. */
    async queryAt<Results>(node: Node, kind: 'Get' | 'Aggregate', parts: string): Promise<Results> {
      const { body, ...where } = graphQl(kind, parts);
      return toResults(kind, await nodes.ask(node, { ...where, body: JSON.stringify(body), timeoutMs: readMs }));
    },
    /** The collections that one node knows. */
    async collectionsAt(node: Node): Promise<string[]> {
      const reply = await nodes.ask(node, { method: 'GET', path: '/v1/schema/AssayDocument/tenants' });
      return parsed<{ name: string }[]>(reply).map(({ name }) => name);
    },
    /** The names of the nodes that one node counts as its cluster, itself included. It asks them all, and waits for one that hangs. */
    async membersAt(node: Node): Promise<string[]> {
      const reply = await nodes.ask(node, { method: 'GET', path: '/v1/nodes', timeoutMs: readMs });
      return parsed<{ nodes: { name: string }[] }>(reply)
        .nodes.map(({ name }) => name)
        .sort();
    },
    watchNodes: nodes.watch,

    /** What each of several queries finds. */
    async find<Fields>(queries: Find[]): Promise<Found<Fields>[][]> {
      return fromGraphQl<Fields>(await query('Get', toGraphQl(queries)), queries.length);
    },

    /** Writes objects, each replacing the one with the same id; in no guaranteed order. */
    write: (objects: EngineObject[]) => write(objects),

    /**
     * Writes objects with vectors, and makes sure that the vectors are on the disk too. The engine answers before it has written vectors
     * to their log, and completes that at the end of the next call to the same shards: hence the second call. It also takes an object that
     * it has already for fully written, so objects that may have arrived before the engine died must not be sent again: there are no
     * retries.
     */
    async writeVectors(objects: EngineObject[]): Promise<void> {
      await request('GET', '/v1/.well-known/ready'); // finds a node that replies, with retries
      await write(objects, 1);
      await write(objects.slice(-1), 1);
    },

    /** Removes all objects of a class that meet a condition. */
    async erase(className: string, where: object, tenant?: string): Promise<void> {
      const path = `/v1/batch/objects?consistency_level=QUORUM${tenant === undefined ? '' : `&tenant=${tenant}`}`;
      type Erased = { results?: { matches: number; limit: number; failed: number } };
      for (let more = true; more; ) {
        const body = { match: { class: className, where }, output: 'minimal' };
        const erased = await call({ method: 'DELETE', path, body }, parsed<Erased>);
        if (erased.results?.failed) throw unreachable();
        more = (erased.results?.matches ?? 0) > (erased.results?.limit ?? Number.POSITIVE_INFINITY);
      }
    },

    close: nodes.close,
  };
}
