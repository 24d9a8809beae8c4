import { z } from 'zod';
import type { Turn } from '../chain/in-conversation.ts';
import { Question, wellFormedText } from '../chain/reply.ts';
import { AppError } from '../errors.ts';
import { withoutFootnote } from './openai-footnote.ts';

const Part = z.looseObject({ type: z.string().max(100), text: wellFormedText.optional() });
const Message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: z.union([wellFormedText, z.array(Part).max(1000)]).nullish(),
});

/**
 * A request for a chat completion, as OpenAI's clients send it. Only what decides the answer is read. Clients send many
 * other fields, often unasked; those that merely tune a model (`temperature`, `max_tokens` …) are ignored.
 */
export const ChatRequest = z.looseObject({
  model: z.string().min(1, 'must not be empty').max(100, 'must have at most 100 characters'),
  messages: z.array(Message).min(1, 'must not be empty').max(10_000, 'must have at most 10,000 messages'),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.int().nullish(),
  tool_choice: z.unknown().optional(),
  function_call: z.unknown().optional(),
  response_format: z.looseObject({ type: z.string() }).nullish(),
  modalities: z.array(z.string()).nullish(),
});
export type ChatRequest = z.infer<typeof ChatRequest>;

/**
 * Refuses requests for what answers from documents can't be: to ignore that would be to answer something else.
 * @throws AppError UNSUPPORTED
 */
export function refuseUnsupported({ n, tool_choice, function_call, response_format, modalities }: ChatRequest) {
  const refuse = (text: string) => {
    throw new AppError('UNSUPPORTED', text);
  };
  const mayBeLeft = (choice: unknown) => choice == null || choice === 'auto' || choice === 'none';
  if ((n ?? 1) !== 1) refuse('n: only one answer is given; leave n out or set it to 1.');
  if (!mayBeLeft(tool_choice)) refuse('tool_choice: no tools are called here; only auto and none are taken.');
  if (!mayBeLeft(function_call)) refuse('function_call: no functions are called here; only auto and none are taken.');
  if (response_format && response_format.type !== 'text')
    refuse('response_format: answers are text; POST /ask has the answer and its verdict as JSON.');
  if (modalities?.some((each) => each !== 'text')) refuse('modalities: answers are text.');
}

/**
 * Reads a conversation: the question, which is its last message, and what was said before. System messages are left
 * out: they would be searched for, and no caller writes the prompt.
 * @throws AppError BAD_INPUT unless the last message is a user's, with a text of 1 to 4,000 characters; UNSUPPORTED for
 * images and anything else in it that is not text. In earlier messages that is ignored: a client sends a refused
 * message again with each one that follows.
 */
export function readConversation(messages: ChatRequest['messages']): { question: string; history: Turn[] } {
  const turns = messages
    .filter(({ role }) => role !== 'system' && role !== 'developer')
    .map(({ role, content }) => ({ role, text: textOf(content), isAllText: isText(content) }));
  const last = turns.pop();
  if (last?.role !== 'user') throw new AppError('BAD_INPUT', 'messages: the last one must be of the role user');
  if (!last.isAllText) throw new AppError('UNSUPPORTED', 'messages: only parts of the type text are taken.');
  const question = Question.safeParse(last.text);
  if (!question.success)
    throw new AppError(
      'BAD_INPUT',
      `messages: the last one is the question, which ${question.error.issues[0]!.message}`,
    );
  const history = turns.flatMap(({ role, text }): Turn[] => {
    if (role === 'user') return text.trim() === '' ? [] : [{ role, text }];
    // What tools said to another model is not part of what people said.
    const said = role === 'assistant' ? withoutFootnote(text) : '';
    return said.trim() === '' ? [] : [{ role: 'assistant', text: said }];
  });
  return { question: question.data, history };
}

type Content = ChatRequest['messages'][number]['content'];

function textOf(content: Content): string {
  if (typeof content === 'string') return content;
  return (content ?? [])
    .map(({ type, text, refusal }) => (type === 'refusal' ? refusal : type === 'text' && text))
    .filter((text) => typeof text === 'string')
    .join('\n');
}

const isText = (content: Content) =>
  !Array.isArray(content) || content.every(({ type, text }) => type === 'text' && text !== undefined);
