import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type Asker, type ConductAsk, newAskId } from '../chain/conduct-ask.ts';
import { AskReply, AskRequest } from '../chain/reply.ts';
import { createToldText } from '../chain/told-text.ts';
import type { Knowledge } from '../knowledge/port.ts';
import { noteStreamFailure } from './error-reply.ts';
import { jsonOrEvents, openEventStreamInTime } from './event-stream.ts';
import { logAsk } from './log-ask.ts';
import { openAiErrorBody } from './openai-errors.ts';
import { toFootnote } from './openai-footnote.ts';
import { ChatRequest, readConversation, refuseUnsupported } from './openai-messages.ts';
import { findModel } from './openai-models.ts';
import { traceparentOf } from './traceparent.ts';
import { whileConnected } from './while-connected.ts';

/** The longest body, in bytes; the history of a long chat comes with each question. */
const longestConversation = 4 * 2 ** 20;

const { verdict, context, abstained, question } = AskReply.shape;

const Completion = z.object({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.int(),
      message: z.object({ role: z.literal('assistant'), content: z.string(), refusal: z.null() }),
      logprobs: z.null(),
      finish_reason: z.enum(['stop', 'length']),
    }),
  ),
  usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() }),
  ask_id: z.string(),
  question,
  verdict,
  context,
  abstained,
});

/** `POST /v1/chat/completions`: an ask in OpenAI's words. */
export const openAiChatRoute: FastifyPluginAsyncZod<{
  conductAsk: ConductAsk;
  knowledge: Knowledge;
  maxBodyBytes: number;
}> = async (app, { conductAsk, knowledge, maxBodyBytes }) => {
  app.post(
    '/chat/completions',
    {
      bodyLimit: Math.min(longestConversation, maxBodyBytes),
      schema: {
        operationId: 'createChatCompletion',
        summary: 'Answer the last message of a conversation, for OpenAI clients; the verdict comes as further fields',
        body: ChatRequest,
        response: { 200: jsonOrEvents(Completion, 'chunks, as OpenAI has them') },
      },
    },
    async (request, reply) => {
      const { model, messages, stream, stream_options } = request.body;
      const { collection, footnote } = await findModel(request, knowledge, model);
      refuseUnsupported(request.body);
      const conversation = readConversation(messages);
      const asked = AskRequest.parse({ question: conversation.question, collection: collection.name });
      // The completion's id is the ask's: many libraries keep that alone of what goes beyond the text.
      const head = { id: newAskId(), created: Math.floor(Date.now() / 1000), model };
      const asker = {
        id: head.id,
        keyName: request.key?.name ?? null,
        traceparent: traceparentOf(request),
        signal: whileConnected(reply),
        history: conversation.history,
      };
      if (stream) {
        const withUsage = stream_options?.include_usage === true;
        return streamCompletion((more) => conductAsk(asked, { ...asker, ...more }), request, reply, {
          head,
          footnote,
          withUsage,
        });
      }
      let finish_reason: FinishReason = 'stop';
      const keep: Asker['keep'] = (name, value) => {
        if (name === 'answer') finish_reason = toFinishReason(value as KeptAnswer);
      };
      const answered = await conductAsk(asked, { ...asker, keep });
      logAsk(request, answered);
      const content = answered.answer + (footnote ? toFootnote(answered) : '');
      const message = { role: 'assistant' as const, content, refusal: null };
      return {
        ...head,
        object: 'chat.completion' as const,
        choices: [{ index: 0, message, logprobs: null, finish_reason }],
        usage: toUsage(answered),
        ...toExtras(answered),
      };
    },
  );
};

/**
 * A completion as OpenAI's stream of chunks. Text is told as the model writes it. The chunk that ends it waits for the
 * verdict and carries it; so does the chunk with the usage, if asked for.
 */
async function streamCompletion(
  conduct: (asker: Partial<Asker>) => Promise<AskReply>,
  request: FastifyRequest,
  reply: FastifyReply,
  options: { head: { id: string; created: number; model: string }; footnote: boolean; withUsage: boolean },
) {
  const stream = openEventStreamInTime(reply);
  let hasBegun = false;
  const tell = (choices: object[], more: object = {}) => {
    const chunk = { ...options.head, object: 'chat.completion.chunk', choices };
    // If usage was asked for, every chunk has the field, as with OpenAI.
    return stream.tell(null, { ...chunk, ...(options.withUsage && { usage: null }), ...more });
  };
  const tellDelta = (delta: object, finish_reason: FinishReason | null = null, more: object = {}): Promise<void> => {
    if (!hasBegun) {
      hasBegun = true;
      void tellDelta({ role: 'assistant', content: '', refusal: null });
    }
    return tell([{ index: 0, delta, logprobs: null, finish_reason }], more);
  };
  const tellText = async (content: string) => {
    if (content !== '') await tellDelta({ content });
  };
  const told = createToldText();
  let finishReason: FinishReason = 'stop';
  try {
    const answered = await conduct({
      onToken: (token) => tellText(told.add(token)),
      keep: (name, value) => {
        if (name !== 'answer') return;
        finishReason = toFinishReason(value as KeptAnswer);
        void tellText(told.finish((value as KeptAnswer).text));
      },
    });
    if (options.footnote) void tellText(toFootnote(answered));
    void tellDelta({}, finishReason, toExtras(answered));
    if (options.withUsage) void tell([], { usage: toUsage(answered), ...toExtras(answered) });
    logAsk(request, answered);
    stream.end('data: [DONE]\n\n');
  } catch (error) {
    if (!stream.hasOpened()) throw error;
    void stream.tell(null, openAiErrorBody(noteStreamFailure(error, request, reply), request.id));
    stream.end();
  }
  return reply;
}

/** The parts of an answer on its way that matter here. */
type KeptAnswer = { text: string; isCutOff?: true };
type FinishReason = 'stop' | 'length';
const toFinishReason = ({ isCutOff }: KeptAnswer): FinishReason => (isCutOff ? 'length' : 'stop');

/** The fields that an ask has beyond a completion. */
const toExtras = ({ id, question, verdict, context, abstained }: AskReply) => ({
  ask_id: id,
  question,
  verdict,
  context,
  abstained,
});

const toUsage = ({ usage: { promptTokens, completionTokens } }: AskReply) => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
});
