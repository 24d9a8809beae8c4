import { readEvents } from './read-events.ts';
import type {
  AskEvent,
  AskReply,
  AskRequest,
  ChatChunk,
  ChatEvent,
  Collection,
  Conversation,
  DocumentPage,
  DocumentSummary,
  FileFields,
  Health,
  Job,
  NewDocument,
  Options,
  Passage,
  Reply,
  SearchRequest,
  StoredDocument,
  WrittenDocument,
} from './types.ts';

export type * from './types.ts';

/** A failed call: the reply's status (0 inside a stream), Assay's code, and the request's id in the service's log. */
export class AssayError extends Error {
  override name = 'AssayError';
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  /** After how many seconds to try again, if the service says so. */
  readonly retryAfterSeconds: number | null;

  constructor(
    message: string,
    fields: { status: number; code: string; requestId: string | null; retryAfterSeconds?: number | null },
  ) {
    super(message);
    this.status = fields.status;
    this.code = fields.code;
    this.requestId = fields.requestId;
    this.retryAfterSeconds = fields.retryAfterSeconds ?? null;
  }
}

/**
 * A client for an Assay service. Every call takes a signal, which ends it and the model calls behind it. Calls throw an AssayError where
 * the service refuses or fails, and whatever fetch throws where there is no reply.
 * @param service.baseUrl the service's address, such as http://127.0.0.1:3000
 * @param service.key one of the service's API keys, if it has any
 * @param service.fetch makes the calls; by default the runtime's own fetch
 */
export function createClient(service: { baseUrl: string; key?: string; fetch?: typeof fetch }) {
  const { key, fetch: call = fetch } = service;
  const base = service.baseUrl.replace(/\/+$/, '');

  async function send(method: string, path: string, body: unknown, accept: string, { signal }: Options = {}) {
    const isForm = body instanceof FormData;
    const response = await call(base + path, {
      method,
      headers: {
        accept,
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    if (!response.ok) throw await toError(response);
    // Something else may reply at this address, such as a login page.
    const type = response.headers.get('content-type') ?? '';
    if (response.status !== 204 && !type.startsWith(accept)) {
      response.body?.cancel().catch(() => {}); // it may never end
      throw unexpectedReply(response);
    }
    return response;
  }
  async function json<T>(method: string, path: string, body?: unknown, options?: Options): Promise<T> {
    const response = await send(method, path, body, 'application/json', options);
    const value = response.status === 204 ? undefined : parse(await response.text());
    if (value === null) throw unexpectedReply(response);
    return value as T;
  }
  const documents = (
    query: { collection?: string; cursor?: string; limit?: number } = {},
    options?: Options,
  ): Promise<DocumentPage> => {
    const given = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    );
    return json('GET', `/documents?${new URLSearchParams(given)}`, undefined, options);
  };

  return {
    /** Answers a question, with the verdict and the context. */
    ask: (request: AskRequest, options?: Options) => json<AskReply>('POST', '/ask', request, options),

    /** The same, event by event. Leaving the loop ends the ask. A failure on the way is thrown as an AssayError. */
    async *askStream(request: AskRequest, options?: Options): AsyncGenerator<AskEvent, void, undefined> {
      const response = await send('POST', '/ask', { ...request, stream: true }, 'text/event-stream', options);
      for await (const { event, data } of readEvents(response.body!)) {
        if (event === 'error') {
          const { code, message, requestId } = data as { code: string; message: string; requestId: string };
          throw new AssayError(message, { status: 0, code, requestId });
        }
        yield { event, data } as AskEvent;
        if (event === 'done') return;
      }
      throw brokenStream(response);
    },

    /** Answers the last message of a conversation, which may refer to those before it. A failure is thrown as an AssayError. */
    async *chatStream(
      { messages, collection = 'default' }: Conversation,
      options?: Options,
    ): AsyncGenerator<ChatEvent, void, undefined> {
      const body = { model: collection, messages, stream: true };
      const response = await send('POST', '/v1/chat/completions', body, 'text/event-stream', options);
      const requestId = response.headers.get('x-request-id');
      let answer = '';
      for await (const { data } of readEvents(response.body!)) {
        const { error, choices, ask_id, ...chunk } = data as ChatChunk;
        if (error) throw new AssayError(error.message, { status: 0, code: error.code ?? 'UNKNOWN', requestId });
        const text = choices[0]?.delta.content ?? '';
        answer += text;
        if (text !== '') yield { event: 'token', data: { text } };
        if (ask_id === undefined) continue;
        const { question, verdict, context, abstained } = chunk;
        return yield { event: 'done', data: { id: ask_id, question, answer, verdict, context, abstained } };
      }
      throw brokenStream(response);
    },

    /** The record of an ask, with its trace, by the id of its reply. */
    askRecord: (id: string, options?: Options) =>
      json<Reply<'/asks/{id}', 'get'>>('GET', `/asks/${encodeURIComponent(id)}`, undefined, options),

    /** The passages for a question, best first, without an answer. */
    search: async (request: SearchRequest, options?: Options): Promise<Passage[]> =>
      (await json<Reply<'/search', 'post'>>('POST', '/search', request, options)).context,

    /** Adds a text, or replaces the document with the same source. Once it resolves, the document is stored and can be asked about. */
    addDocument: (document: NewDocument, options?: Options) =>
      json<WrittenDocument>('POST', '/documents', document, options),

    /** Adds files in any format that the service reads, all or none; a file's name is its source. */
    async addFiles(files: File[], fields: FileFields = {}, options?: Options): Promise<WrittenDocument[]> {
      const { collection, title, metadata, charset } = fields;
      const form = new FormData();
      if (collection !== undefined) form.append('collection', collection);
      if (title !== undefined) form.append('title', title);
      if (metadata !== undefined) form.append('metadata', JSON.stringify(metadata));
      if (charset !== undefined) form.append('charset', charset);
      for (const file of files) form.append('files', file, file.name);
      const written = await json<Reply<'/documents', 'post'>>('POST', '/documents', form, options);
      return 'documents' in written ? written.documents : [written];
    },

    /** A page of a collection's documents; `nextCursor` is the next page's cursor, or null on the last page. */
    documents,

    /** All documents of a collection, fetched page by page as they are needed. */
    async *allDocuments(query: { collection?: string } = {}, options?: Options): AsyncGenerator<DocumentSummary> {
      let cursor: string | null | undefined;
      do {
        const page: DocumentPage = await documents({ ...query, ...(cursor && { cursor }) }, options);
        yield* page.documents;
        cursor = page.nextCursor;
      } while (cursor !== null);
    },

    document: (id: string, options?: Options) =>
      json<StoredDocument>('GET', `/documents/${encodeURIComponent(id)}`, undefined, options),
    removeDocument: (id: string, options?: Options) =>
      json<void>('DELETE', `/documents/${encodeURIComponent(id)}`, undefined, options),

    collections: async (options?: Options): Promise<Collection[]> =>
      (await json<Reply<'/collections', 'get'>>('GET', '/collections', undefined, options)).collections,
    collection: (name: string, options?: Options) =>
      json<Collection>('GET', `/collections/${encodeURIComponent(name)}`, undefined, options),
    /** Creates a collection, unless there is one with this name. */
    createCollection: (name: string, options?: Options) =>
      json<Collection>('PUT', `/collections/${encodeURIComponent(name)}`, undefined, options),
    removeCollection: (name: string, options?: Options) =>
      json<void>('DELETE', `/collections/${encodeURIComponent(name)}`, undefined, options),

    /** Has the service ingest its CORPUS_DIR in the background; where a job is running already, that one is returned. */
    startJob: (collection = 'default', options?: Options) => json<Job>('POST', '/jobs', { collection }, options),
    job: (id: string, options?: Options) => json<Job>('GET', `/jobs/${encodeURIComponent(id)}`, undefined, options),
    /** Yields the job's state each time it changes, until the job has ended. */
    async *watchJob(id: string, options?: Options): AsyncGenerator<Job, void, undefined> {
      const path = `/jobs/${encodeURIComponent(id)}`;
      const response = await send('GET', path, undefined, 'text/event-stream', options);
      for await (const { event, data } of readEvents(response.body!)) {
        yield data as Job;
        if (event === 'done') return;
      }
      throw brokenStream(response);
    },
    /** Cancels a job; what it has stored stays. */
    cancelJob: (id: string, options?: Options) =>
      json<Job>('DELETE', `/jobs/${encodeURIComponent(id)}`, undefined, options),

    /** What the service holds, its models and versions; throws while it isn't ready. */
    health: (options?: Options) => json<Health>('GET', '/health/ready', undefined, options),
  };
}

export type Client = ReturnType<typeof createClient>;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const requestIdOf = ({ headers }: Response) => headers.get('x-request-id');
const failure = (response: Response, message: string, status: number, code: string) =>
  new AssayError(message, { status, code, requestId: requestIdOf(response) });
const brokenStream = (response: Response) =>
  failure(response, 'The stream ended before the reply was whole.', 0, 'STREAM_BROKEN');
const unexpectedReply = (response: Response) =>
  failure(response, 'The reply is not one of Assay.', response.status, 'UNKNOWN');

async function toError(response: Response): Promise<AssayError> {
  const told = (await response.json().catch(() => null)) as { error?: { code?: string; message?: string } } | null;
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new AssayError(told?.error?.message ?? `The service replied with the status ${response.status}.`, {
    status: response.status,
    code: told?.error?.code ?? 'UNKNOWN',
    requestId: requestIdOf(response),
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : null,
  });
}
