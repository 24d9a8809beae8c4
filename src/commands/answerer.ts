import { z } from 'zod';
import type { Turn } from '../chain/in-conversation.ts';
import type { AskReply } from '../chain/reply.ts';
import { readConfig, readServiceKey } from '../config.ts';
import { AppError } from '../errors.ts';
import { type Passage, toPassages } from '../passage.ts';
import { WrongUsage, withWayOut } from './terminal.ts';

/** What a command shows of an ask; without a history it is the whole reply. */
export type Answered = Pick<AskReply, 'question' | 'answer' | 'verdict' | 'context' | 'abstained'>;

/** A question as a command puts it; `onText` is told the answer piece by piece as it is written. */
export type Query = {
  question: string;
  collection: string;
  history?: Turn[];
  signal?: AbortSignal;
  onText?: (text: string) => void;
};

/** Whoever answers a command's questions: the store in DATA_DIR, or a service that runs. */
export type Answerer = {
  /** @throws AppError CLIENT_GONE when the signal fires */
  answer(query: Query): Promise<Answered>;
  search(query: { question: string; collection: string; topK?: number | undefined }): Promise<Passage[]>;
  close(): Promise<void>;
};

/**
 * Opens the store of the settings, or goes to the service at `server`. What either needs is loaded only then.
 * @throws AppError NOT_READY where the store can't be opened; BAD_SETTINGS; WrongUsage for a `server` that is no address
 */
export const openAnswerer = (server?: string): Promise<Answerer> =>
  server === undefined ? openStore() : openService(toBaseUrl(server));

async function openStore(): Promise<Answerer> {
  const { compose } = await import('../compose.ts');
  const { AskRequest } = await import('../chain/reply.ts');
  const { createToldText } = await import('../chain/told-text.ts');
  const parts = await compose({ ...readConfig(), logLevel: 'warn' }, { logTo: 'terminal' }).catch(
    withWayOut('Ask the service that runs on it: --server URL.'),
  );
  return {
    answer({ question, collection, history, signal, onText }) {
      const told = createToldText();
      return parts.conductAsk(AskRequest.parse({ question, collection }), {
        ...(history && { history }),
        ...(signal && { signal }),
        ...(onText && {
          onToken: (token) => onText(told.add(token)),
          keep: (name, value) => {
            if (name === 'answer') onText(told.finish((value as { text: string }).text));
          },
        }),
      });
    },
    async search({ question, collection, topK = parts.settings.topK }) {
      const found = await parts.search({ question, collection, topK }, {});
      return toPassages(found);
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
  const somethingElse = (how = '') =>
    new AppError('NOT_READY', `At ${baseUrl} something else than Assay replies${how}: is this the address?`);

  /** What a service replies, once it is known to be what is shown of it. Failures of the service are in its words, others in ours. */
  async function told<T>(work: Promise<T>, shape: z.ZodType, signal?: AbortSignal): Promise<T> {
    try {
      const reply = await work;
      if (!shape.safeParse(reply).success) throw somethingElse();
      return reply;
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (signal?.aborted) throw new AppError('CLIENT_GONE', 'Cancelled.', { cause: error });
      if (!(error instanceof AssayError))
        throw new AppError('NOT_READY', `The service at ${baseUrl} can't be reached.`, { cause: error });
      if (error.code === 'UNKNOWN') throw somethingElse(`, with the status ${error.status}`);
      if (error.code === 'model_not_found')
        throw new AppError('COLLECTION_NOT_FOUND', 'There is no such collection, or the key does not open it.');
      const hint = error.status === 401 && key === undefined ? ' Put the key into ASSAY_KEY.' : '';
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
      if (history !== undefined && history.length > 0) return told(converse(query), Shown, signal);
      return told(
        onText ? stream(query, onText) : client.ask({ question, collection }, signal && { signal }),
        Shown,
        signal,
      );
    },
    search: ({ question, collection, topK }) =>
      told(client.search({ question, collection, ...(topK !== undefined && { topK }) }), context),
    close: async () => {},
  };
}

function toBaseUrl(server: string): string {
  const url = URL.parse(server);
  if (!url || !/^https?:$/.test(url.protocol)) throw new WrongUsage('--server takes an http or https URL.');
  if (url.username !== '' || url.password !== '')
    throw new WrongUsage('--server takes a URL without a name and password; the key comes from ASSAY_KEY.');
  return `${url.origin}${url.pathname}`;
}
