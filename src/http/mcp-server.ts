import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { CallToolResult, ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type { ConductAsk } from '../chain/conduct-ask.ts';
import { mostPassages } from '../chain/policy.ts';
import { AskReply, AskRequest, Question } from '../chain/reply.ts';
import type { SearchPassages } from '../chain/retrieve.ts';
import { collectionName } from '../collection-name.ts';
import { counted } from '../counted.ts';
import type { ErrorCode } from '../errors.ts';
import type { Knowledge } from '../knowledge/port.ts';
import { Passage, toPassages } from '../passage.ts';
import { TextDocument, toUpload, WrittenDocument } from './document-fields.ts';
import type { IngestUploads, OpenReader } from './documents.ts';
import { errorBody, errorForLog, toAppError } from './error-reply.ts';
import { collectionNotFound } from './keys.ts';
import { logAsk } from './log-ask.ts';
import { offerDocuments } from './mcp-resources.ts';
import { askAsText, dataNotice, passagesAsText } from './mcp-text.ts';

export type McpParts = {
  conductAsk: ConductAsk;
  search: SearchPassages;
  ingestUploads: IngestUploads;
  knowledge: Knowledge;
  openReader: OpenReader;
  topK: number;
  /** The version of Assay. */
  version: string;
};

/** The caller: what they may use, and where their calls are logged. */
export type McpCaller = {
  keyName: string | null;
  traceparent: string | null;
  mayUse: (collection: string) => boolean;
  /** Whether they may add documents; if not, there is no tool for it. */
  mayWrite: boolean;
  requestId: string;
  log: { info: (fields: object, message: string) => void; error: (fields: object, message: string) => void };
  /** Is told the code of each failure that a tool reports. */
  onFailure?: (code: ErrorCode) => void;
};

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

const collection = collectionName.default('default').describe('The collection of documents; usually left out.');
const question = Question.describe('A question that can be understood by itself, without the conversation around it.');

const AskInput = AskRequest.pick({ topK: true, evaluation: true, onIncorrect: true })
  .extend({ question, collection })
  .strict();
const SearchInput = z.strictObject({ question, collection, topK: z.int().min(1).max(mostPassages).optional() });
const AddInput = TextDocument.extend({ collection });

/**
 * Assay as a server of the Model Context Protocol, for one caller: the tools `ask`, `search` and, for those who may
 * write, `add_document`; and the documents as resources. Connecting it to a transport is left to the caller of this
 * function.
 */
export function createMcpServer(parts: McpParts, caller: McpCaller): McpServer {
  const server = new McpServer(
    { name: 'assay', title: 'Assay', version: parts.version },
    {
      instructions:
        "Answers questions from a team's documents. Every answer has a verdict: trust one that is Correct, be wary of one that is " +
        `Incorrect or Unjudged, and say so. ${dataNotice}`,
    },
  );

  server.registerTool(
    'ask',
    {
      title: 'Ask the documents',
      description:
        'Answer a question from the documents, and say whether the answer can be trusted: answer, verdict, checked quotations.',
      inputSchema: AskInput,
      outputSchema: AskReply.omit({ trace: true }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    (input, extra) =>
      orTellFailure(caller, async () => {
        needCollection(caller, input.collection);
        const asked = AskRequest.parse(input);
        const answered = await parts.conductAsk(asked, {
          keyName: caller.keyName,
          traceparent: caller.traceparent,
          signal: extra.signal,
          keep: tellProgress(extra),
        });
        logAsk(caller, answered);
        return toResult(askAsText(answered), answered);
      }),
  );

  server.registerTool(
    'search',
    {
      title: 'Search the documents',
      description: 'Find the passages of the documents that fit a question best, word for word, without an answer.',
      inputSchema: SearchInput,
      outputSchema: z.object({ context: z.array(Passage) }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ topK = parts.topK, ...query }, { signal }) =>
      orTellFailure(caller, async () => {
        needCollection(caller, query.collection);
        const found = await parts.search({ ...query, topK }, { signal });
        const context = toPassages(found);
        return toResult(passagesAsText(context), { context });
      }),
  );

  if (caller.mayWrite) offerAdding(server, parts, caller);
  offerDocuments(server, { ...parts, mayUse: caller.mayUse });
  return server;
}

function needCollection(caller: McpCaller, name: string) {
  if (!caller.mayUse(name)) throw collectionNotFound();
}

function offerAdding(server: McpServer, parts: McpParts, caller: McpCaller) {
  server.registerTool(
    'add_document',
    {
      title: 'Add a document',
      description:
        'Add a text to the documents, or replace the document of the same source. It can be asked about at once.',
      inputSchema: AddInput,
      outputSchema: WrittenDocument,
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    },
    (document, { signal }) =>
      orTellFailure(caller, async () => {
        const { collection } = document;
        needCollection(caller, collection);
        if (!(await parts.knowledge.collection(collection))) throw collectionNotFound();
        const [written] = await parts.ingestUploads(collection, [toUpload(document)], { signal });
        const { replaced, ...added } = written!;
        caller.log.info({ documentId: added.id, collection, passages: added.passages }, 'ingested');
        const what = added.unchanged ? 'was there already, unchanged' : replaced ? 'was replaced' : 'was added';
        return toResult(
          `The document ${what}. It has ${counted(added.passages, 'passage')} and the id ${added.id}.`,
          added,
        );
      }),
  );
}

const toResult = (text: string, structuredContent: Record<string, unknown>): CallToolResult => ({
  content: [{ type: 'text', text }],
  structuredContent,
});

/**
 * Runs a tool and gives a failure as its result, which the model reads; it says no more of what failed inside than any
 * route does.
 */
async function orTellFailure(caller: McpCaller, work: () => Promise<CallToolResult>): Promise<CallToolResult> {
  try {
    return await work();
  } catch (error) {
    const failure = toAppError(error);
    caller.onFailure?.(failure.code);
    if (failure.status >= 500) caller.log.error({ error: errorForLog(failure) }, 'tool failed');
    const { code, message, requestId } = errorBody(failure, caller.requestId).error;
    return { isError: true, content: [{ type: 'text', text: `${code}: ${message} (request ${requestId})` }] };
  }
}

/**
 * Returns a `keep` that tells a caller who asked for progress how far an ask is, in three steps: retrieve, answer,
 * evaluate.
 */
function tellProgress({ _meta, sendNotification }: Extra) {
  const progressToken = _meta?.progressToken;
  const messages: Record<string, [progress: number, message: string]> = {
    context: [1, 'Passages found, answering'],
    answer: [2, 'Answered, evaluating'],
  };
  return (name: string) => {
    const step = messages[name];
    if (progressToken === undefined || !step) return;
    const [progress, message] = step;
    // Fails where the caller has left; the ask's own signal ends it then.
    sendNotification({
      method: 'notifications/progress',
      params: { progressToken, progress, total: 3, message },
    }).catch(() => undefined);
  };
}
