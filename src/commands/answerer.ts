import { z } from 'zod';
import type { Turn } from '../chain/in-conversation.ts';
import type { AskReply } from '../chain/reply.ts';
import { readConfig, readServiceKey } from '../config.ts';
import { AppError } from '../errors.ts';
import { isEmptied, isStored } from '../knowledge/open-to-read.ts';
import { type Passage, toPassages } from '../passage.ts';
import { UsageError, withAdviceIfInUse } from './terminal.ts';

/** What a command shows of an ask. Without a history it is the whole reply. */
export type Answered = Pick<AskReply, 'question' | 'answer' | 'verdict' | 'context' | 'abstained'>;

/** A command's question; `onText` gets the answer piece by piece, as it is written. */
export type Query = {
  question: string;
  collection: string;
  history?: Turn[];
  signal?: AbortSignal;
  onText?: (text: string) => void;
};

/** What answers a command's questions: the store in DATA_DIR, or a running service. */
export type Answerer = {
  /** @throws AppError CLIENT_GONE when the signal fires; otherwise with a message for people */
  answer(query: Query): Promise<Answered>;
  search(query: { question: string; collection: string; topK?: number | undefined }): Promise<Passage[]>;
  close(): Promise<void>;
};

/**
 * Opens the store that the settings name, or a client for the service at `server`. Modules are loaded only for the one that is used.
 * @throws AppError NOT_READY where there is no store, or it can't be opened; BAD_SETTINGS
 * @throws UsageError where `server` is no usable address
 */
export const openAnswerer = (server?: string): Promise<Answerer> =>
  server === undefined ? openStore() : openService(toBaseUrl(server));

async function openStore(): Promise<Answerer> {
  const { compose } = await import('../compose.ts');
  const { AskRequest } = await import('../chain/reply.ts');
  const { createToldText } = await import('../chain/told-text.ts');
  const config = { ...readConfig(), logLevel: 'warn' as const };
  // Where there is no store, one would be made: in any folder in which somebody asks.
  if (!config.weaviate && !isStored(config.dataDir) && !isEmptied(config.dataDir))
    throw new AppError(
      'NOT_READY',
      `Nothing is stored in ${config.dataDir} yet: npx assay ingest FILE stores documents.`,
    );
  const parts = await compose(config, { logTo: 'terminal' }).catch(
    withAdviceIfInUse('Ask the service that runs on it: --server URL.'),
  );
  return {
    answer({ question, collection, history, signal, onText }) {
      const text = createToldText();
      return parts.conductAsk(AskRequest.parse({ question, collection }), {
        ...(history && { history }),
        ...(signal && { signal }),
        ...(onText && {
          onToken: (token) => onText(text.add(token)),
          keep: (name, value) => {
            if (name === 'answer') onText(text.finish((value as { text: string }).text));
          },
        }),
      });
    },
    async search({ question, collection, topK = parts.settings.topK }) {
      return toPassages(await parts.search({ question, collection, topK }, {}));
    },
    close: () => parts.close(),
  };
}

async function openService(baseUrl: string): Promise<Answerer> {
  const { AssayError, createClient } = await import('../../packages/client/src/index.ts');
  const { AskReply } = await import('../chain/reply.ts');
  const { createToldText } = await import('../chain/told-text.ts');
  const key = readServiceKey();
  const client = createClient({ baseUrl, ...(key !== undefined && { key }) });

  const { question, answer, verdict, context, abstained } = AskReply.shape;
  const Shown = z.object({ question, answer, verdict, context, abstained });
  const notAssay = (how = '') =>
    new AppError('NOT_READY', `What replies at ${baseUrl} is not Assay${how}: is the address right?`);

  /** A service's reply, if it has the shape that is shown. The service's own failures are reported in its words, others in ours. */
  async function checked<T>(work: Promise<T>, shape: z.ZodType, signal?: AbortSignal): Promise<T> {
    try {
      const reply = await work;
      if (!shape.safeParse(reply).success) throw notAssay();
      return reply;
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (signal?.aborted) throw new AppError('CLIENT_GONE', 'Cancelled.', { cause: error });
      if (!(error instanceof AssayError))
        throw new AppError('NOT_READY', `The service at ${baseUrl} can't be reached.`, { cause: error });
      if (error.code === 'UNKNOWN') throw notAssay(` (status ${error.status})`);
      if (error.code === 'model_not_found')
        throw new AppError('COLLECTION_NOT_FOUND', 'There is no such collection, or the key does not open it.');
      const hint = error.status === 401 && key === undefined ? ' Put the key in ASSAY_KEY.' : '';
      throw new AppError('NOT_READY', `The service says: ${error.message}${hint}`, { cause: error });
    }
  }

  async function stream({ question, collection, signal }: Query, onText: (text: string) => void): Promise<Answered> {
    const text = createToldText();
    for await (const { event, data } of client.askStream({ question, collection }, signal && { signal })) {
      if (event === 'token') onText(text.add(data.text));
      if (event === 'answer') onText(text.finish(data.text));
      if (event === 'done') return data;
    }
    throw new Error('a stream without an end');
  }

  async function converse({ question, collection, history = [], signal, onText }: Query): Promise<Answered> {
    const said = history.map(({ role, text }) => ({ role, content: text }));
    const messages = [...said, { role: 'user' as const, content: question }];
    for await (const { event, data } of client.chatStream({ messages, collection }, signal && { signal })) {
      if (event === 'token') onText?.(data.text);
      if (event === 'done') return data;
    }
    throw new Error('a stream without an end');
  }

  return {
    answer(query) {
      const { question, collection, history, signal, onText } = query;
      if (history !== undefined && history.length > 0) return checked(converse(query), Shown, signal);
      return checked(
        onText ? stream(query, onText) : client.ask({ question, collection }, signal && { signal }),
        Shown,
        signal,
      );
    },
    search: ({ question, collection, topK }) =>
      checked(client.search({ question, collection, ...(topK !== undefined && { topK }) }), context),
    close: async () => {},
  };
}

function toBaseUrl(server: string): string {
  const url = URL.parse(server);
  if (!url || !/^https?:$/.test(url.protocol)) throw new UsageError('--server takes an http or https URL.');
  if (url.username !== '' || url.password !== '')
    throw new UsageError('--server takes a URL without a name and password; the key comes from ASSAY_KEY.');
  return `${url.origin}${url.pathname}`;
}
