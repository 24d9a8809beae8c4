import { z } from 'zod';
import { collectionName } from '../collection-name.ts';
import { asSharedPiece } from '../message-pieces.ts';
import { type FoundPassage, Passage } from '../passage.ts';
import { plainReader } from './plain-copies.ts';
import { mostPassages } from './policy.ts';
import { type AskTrail, type EarlierTable, stepsOf, TraceStep, type TraceTable } from './trace.ts';
import { Verdict } from './verdict.ts';

/** Text from people: without NUL and lone surrogates, which neither the store nor a model server would take. */
export const wellFormedText = z
  .string()
  .refine((text) => !text.includes('\0'), 'must not contain NUL characters')
  .refine((text) => text.isWellFormed(), 'must not contain lone surrogates');

export const Question = wellFormedText
  .transform((text) => text.trim())
  .pipe(z.string().min(1, 'must not be empty').max(4000, 'must have at most 4,000 characters'));

/** The request of an ask. */
export const AskRequest = z.strictObject({
  question: Question,
  collection: collectionName.default('default').describe('The documents to answer from.'),
  topK: z.int().min(1).max(mostPassages).optional().describe('How many passages to answer from; by default TOP_K.'),
  evaluation: z
    .enum(['context', 'answer', 'both', 'none'])
    .default('context')
    .describe(
      'What the judge sees: the passages too (context), question and answer alone (answer), or two judges (both).',
    ),
  onIncorrect: z
    .enum(['return', 'retry', 'abstain'])
    .default('return')
    .describe('What becomes of an answer judged Incorrect: it is returned, tried once more, or withheld.'),
  stream: z.boolean().default(false).describe('Whether the reply is server-sent events.'),
  trace: z.boolean().default(false).describe('Whether the reply has every step that led to it.'),
});
export type AskRequest = z.infer<typeof AskRequest>;

/** The whole reply to an ask. */
export const AskReply = z.object({
  id: z.string().describe('Finds the ask again at GET /asks/{id}.'),
  question: z.string(),
  answer: z.string(),
  collection: z.string(),
  context: z.array(Passage).describe('The passages found for the question, best first.'),
  verdict: Verdict,
  verdicts: z.object({ context: Verdict, answer: Verdict }).optional().describe('With the evaluation both only.'),
  abstained: z.boolean().describe('Whether no answer was given: the documents hold none, or it was withheld.'),
  attempts: z.int().positive().describe('2 after a second try, otherwise 1.'),
  usage: z
    .object({ promptTokens: z.int(), completionTokens: z.int(), modelCalls: z.int() })
    .describe('What the model server reports for all calls of this ask; 0 without a language model.'),
  timings: z.object({ retrieveMs: z.number(), answerMs: z.number(), evaluateMs: z.number(), totalMs: z.number() }),
  trace: z.array(TraceStep).optional().describe('The steps, if they were asked for.'),
});
export type AskReply = z.infer<typeof AskReply>;

/**
 * A reply in the form that its record stores, the passages' texts shared with other records; earlier versions stored
 * the steps themselves, or another table.
 */
export type KeptReply = Omit<AskReply, 'trace' | 'context'> & {
  context: unknown;
  trace: TraceTable | EarlierTable | TraceStep[];
};

/**
 * A reply in the form that its record stores.
 * @param found the context as the steps saw it: the trace then refers to the reply's passages in its place
 */
export function toKept(reply: AskReply, found: FoundPassage[], trail: AskTrail): KeptReply {
  const context = reply.context.map((passage) => ({ ...passage, text: asSharedPiece(passage.text) }));
  return { ...reply, context, trace: trail.table(new Map([[found, context]])) };
}

/** The reply that a record stores, with its trace. */
export function fromKept({ context, trace, ...reply }: KeptReply): AskReply {
  const read = plainReader();
  return {
    ...reply,
    context: read(context) as Passage[],
    trace: Array.isArray(trace) ? trace : stepsOf(trace, read),
  };
}
