import type { AIMessageChunk } from '@langchain/core/messages';
import type { BasePromptValueInterface } from '@langchain/core/prompt_values';
import type { Runnable } from '@langchain/core/runnables';
import { focusStems } from '../ranking/question-type.ts';
import { readWords } from '../ranking/words.ts';
import { type ChatStep, textOfReply } from './answer.ts';
import type { InConversation, StandaloneQuestion, Turn } from './in-conversation.ts';
import type { Prompt } from './prompts.ts';
import { inert } from './retrieve.ts';
import { sequence, step } from './step.ts';

/** How much of a conversation is read: its last turns, each up to this many UTF-16 code units. */
const turnsRead = 8;
const turnCharacters = 2000;
/** The longest question that an ask takes, in UTF-16 code units. */
const longestQuestion = 4000;
/** How much of what a user said before is read for its subject, in UTF-16 code units: most of it may be about nothing. */
const mostRead = 20_000;

/**
 * Rewrites by one call to a chat model; if its reply is empty or too long for a question, as without a model.
 * @throws AppError whatever the model throws
 */
export function createModelStandaloneQuestion(options: { prompt: Prompt; model: ChatStep }): StandaloneQuestion {
  const write = sequence<InConversation, string>('standalone question by model', [
    step('fill standalone prompt', ({ question, history }: InConversation) => ({
      question: inert(question),
      conversation: history.slice(-turnsRead).map(toLine).join('\n'),
    })),
    options.prompt,
    step('messages', (prompt: BasePromptValueInterface) => prompt.toChatMessages()),
    options.model,
    step('read question', (message: AIMessageChunk) => textOfReply(message).replace(/\s+/g, ' ')),
  ] as Runnable[]);
  return step('standalone question', async (asked: InConversation, config) => {
    const written = await write.invoke(asked, config);
    return written === '' || written.length > longestQuestion ? withEarlierWords(asked) : written;
  });
}

/** Rewrites without a language model, by the words of the question and of those before it. */
export const createWordStandaloneQuestion = (): StandaloneQuestion => step('standalone question', withEarlierWords);

const toLine = ({ role, text }: Turn) =>
  `${role === 'user' ? 'User' : 'Assistant'}: ${inert(text.slice(0, turnCharacters).toWellFormed())}`;

/** Words that stand for something said before; "there" only where it doesn't begin "there is". */
const pointsBack =
  /\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|former|latter|the same|the (?:\w+ )?ones?|there(?! (?:is|are|was|were|any|been)\b))\b/i;
/** How a question begins that continues another. */
const goesOn =
  /^\s*(?:and|but|or|so|also|then|what about|how about|what else|why not|which one|who else|where else)\b/i;
/** A question with fewer content words than this says too little to be searched for. */
const fewestContentWords = 2;

const contentWords = (text: string) => readWords(text).filter(({ common }) => !common);
const leans = (question: string) =>
  pointsBack.test(question) || goesOn.test(question) || contentWords(question).length < fewestContentWords;

/**
 * Puts the subject of the conversation before a question that leans on it: the content words of the last question that
 * stood by itself, and of those since. Any other question stays as it is. Made for English; a question in another
 * language is taken to lean only if it is very short.
 */
export function withEarlierWords({ question, history }: InConversation): string {
  if (!leans(question)) return question;
  const subjects: string[] = [];
  let length = 0;
  let read = 0;
  for (const { role, text } of history.toReversed()) {
    if (role !== 'user') continue;
    const asked = text.slice(0, turnCharacters);
    const about = subjectOf(asked);
    subjects.unshift(about);
    length += about.length;
    read += asked.length;
    if (length > longestQuestion || read > mostRead) return question; // however much was said before that
    if (!leans(asked)) break;
  }
  const subject = subjects.join(' ').trim();
  const written = `${subject}: ${question}`;
  return subject === '' || written.length > longestQuestion ? question : written;
}

/**
 * What a question is about, in its own words: its content words without the thing asked for ("epochs" in "How many
 * epochs did the training take?"), unless nothing else is left. Words joined by a sign alone, as in M/M/1, stay
 * together.
 */
function subjectOf(question: string): string {
  const words = contentWords(question);
  const focus = focusStems(question);
  const about = words.filter(({ stem }) => !focus.has(stem));
  let end = 0;
  const parts = (about.length > 0 ? about : words).map(({ text, start }) => {
    const between = question.slice(end, start);
    end = start + text.length;
    return (/^[^\s\p{L}\p{N}]+$/u.test(between) ? between : ' ') + text;
  });
  return parts.join('').trim();
}
