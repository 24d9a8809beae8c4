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

/** A reply that is no success: its status (0 inside a stream), Assay's code, and the id that finds it in the service's log. */
export class AssayError extends Error {
  override name = 'AssayError';
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  /** Seconds after which trying again makes sense, where the service says so. */
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
 * A client of one Assay service. Every call takes a signal that ends it, and with it the model calls behind it.
 * @param options.baseUrl where the service is, such as http://127.0.0.1:3000
 * @param options.key one of the service's API keys, where it has any
 * @param options.fetch what calls are made with; the runtime's own by default
 * @throws AssayError from every call whose reply is no success; what fetch throws where there is no reply
 */
export function createClient(options: { baseUrl: string; key?: string; fetch?: typeof fetch }) {
  const { key, fetch: call = fetch } = options;
  const base = options.baseUrl.replace(/\/+$/, '');

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
    // Whatever else may stand at an address, as a page to log in, replies too.
    const type = response.headers.get('content-type') ?? '';
    if (response.status !== 204 && !type.startsWith(accept)) {
      response.body?.cancel().catch(() => {}); // it may never end
      throw unexpectedReply(response);
    }
    return response;
  }
  async function json<T>(method: string, path: string, body?: unknown, within?: Options): Promise<T> {
    const response = await send(method, path, body, 'application/json', within);
    const value = response.status === 204 ? undefined : parse(await response.text());
    if (value === null) throw unexpectedReply(response);
    return value as T;
  }
  const documents = (
    query: { collection?: string; cursor?: string; limit?: number } = {},
    within?: Options,
  ): Promise<DocumentPage> => {
    const given = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    );
    return json('GET', `/documents?${new URLSearchParams(given)}`, undefined, within);
  };

  return {
    ask: (request: AskRequest, within?: Options) => json<AskReply>('POST', '/ask', request, within),

    /** The same ask, told step by step. Leaving the loop ends the ask. A failure on the way is thrown as AssayError. */
    async *askStream(request: AskRequest, within?: Options): AsyncGenerator<AskEvent, void, undefined> {
      const response = await send('POST', '/ask', { ...request, stream: true }, 'text/event-stream', within);
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

    /** Answers the last message of a conversation, which may lean on those before it. A failure is thrown as AssayError. */
    async *chatStream(
      { messages, collection = 'default' }: Conversation,
      within?: Options,
    ): AsyncGenerator<ChatEvent, void, undefined> {
      const body = { model: collection, messages, stream: true };
      const response = await send('POST', '/v1/chat/completions', body, 'text/event-stream', within);
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

    /** The record of an ask, by the id of its reply, with its trace. */
    askRecord: (id: string, within?: Options) =>
      json<Reply<'/asks/{id}', 'get'>>('GET', `/asks/${encodeURIComponent(id)}`, undefined, within),

    search: async (request: SearchRequest, within?: Options): Promise<Passage[]> =>
      (await json<Reply<'/search', 'post'>>('POST', '/search', request, within)).context,

    /** Adds a text, or replaces the document of the same source. When it resolves the document is stored and can be asked about. */
    addDocument: (document: NewDocument, within?: Options) =>
      json<WrittenDocument>('POST', '/documents', document, within),

    /** Adds files of any format that the service reads, all or none; each file's name is its source. */
    async addFiles(files: File[], fields: FileFields = {}, within?: Options): Promise<WrittenDocument[]> {
      const { collection, title, metadata } = fields;
      const form = new FormData();
      if (collection !== undefined) form.append('collection', collection);
      if (title !== undefined) form.append('title', title);
      if (metadata !== undefined) form.append('metadata', JSON.stringify(metadata));
      for (const file of files) form.append('files', file, file.name);
      const written = await json<Reply<'/documents', 'post'>>('POST', '/documents', form, within);
      return 'documents' in written ? written.documents : [written];
    },

    /** A page of a collection's documents; `nextCursor` is the next page's cursor, or null. */
    documents,

    /** All documents of a collection, page by page as they are needed. */
    async *allDocuments(query: { collection?: string } = {}, within?: Options): AsyncGenerator<DocumentSummary> {
      let cursor: string | null | undefined;
      do {
        const page: DocumentPage = await documents({ ...query, ...(cursor && { cursor }) }, within);
        yield* page.documents;
        cursor = page.nextCursor;
      } while (cursor !== null);
    },

    document: (id: string, within?: Options) =>
      json<StoredDocument>('GET', `/documents/${encodeURIComponent(id)}`, undefined, within),
    removeDocument: (id: string, within?: Options) =>
      json<void>('DELETE', `/documents/${encodeURIComponent(id)}`, undefined, within),

    collections: async (within?: Options): Promise<Collection[]> =>
      (await json<Reply<'/collections', 'get'>>('GET', '/collections', undefined, within)).collections,
    collection: (name: string, within?: Options) =>
      json<Collection>('GET', `/collections/${encodeURIComponent(name)}`, undefined, within),
    /** Makes a collection where there is none of this name. */
    createCollection: (name: string, within?: Options) =>
      json<Collection>('PUT', `/collections/${encodeURIComponent(name)}`, undefined, within),
    removeCollection: (name: string, within?: Options) =>
      json<void>('DELETE', `/collections/${encodeURIComponent(name)}`, undefined, within),

    /** Has the service ingest its own folder, CORPUS_DIR, in the background; the job that runs already is told where there is one. */
    startJob: (collection = 'default', within?: Options) => json<Job>('POST', '/jobs', { collection }, within),
    job: (id: string, within?: Options) => json<Job>('GET', `/jobs/${encodeURIComponent(id)}`, undefined, within),
    /** How far a job is, each time it gets further, until it has ended. */
    async *watchJob(id: string, within?: Options): AsyncGenerator<Job, void, undefined> {
      const path = `/jobs/${encodeURIComponent(id)}`;
      const response = await send('GET', path, undefined, 'text/event-stream', within);
      for await (const { event, data } of readEvents(response.body!)) {
        yield data as Job;
        if (event === 'done') return;
      }
      throw brokenStream(response);
    },
    /** Cancels a job; what it has stored stays. */
    cancelJob: (id: string, within?: Options) =>
      json<Job>('DELETE', `/jobs/${encodeURIComponent(id)}`, undefined, within),

    /** What the service holds and is made of; throws while it can't answer. */
    health: (within?: Options) => json<Health>('GET', '/health/ready', undefined, within),
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
  failure(response, 'The reply is none of Assay.', response.status, 'UNKNOWN');

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
/** Server-sent events, each with JSON as its data, however the bytes are cut. */
async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<{ event: string; data: unknown }> {
  // Not every browser's streams, nor every project's types, can be iterated.
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const events = (rest + decoder.decode(read.value, { stream: true })).split('\n\n');
      rest = events.pop()!;
      for (const text of events) {
        const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(text)?.[1];
        const data = field('data');
        if (data !== undefined) yield { event: field('event') ?? 'message', data: JSON.parse(data) };
      }
    }
  } finally {
    await reader.cancel().catch(() => {}); // whoever leaves ends the reply
  }
}
