import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages';
import type { RunnableConfig } from '@langchain/core/runnables';
import { z } from 'zod';
import { AppError, refusesRequest } from '../errors.ts';
import { contentStems } from '../ranking/words.ts';
import { type ChatStep, readText } from './answer.ts';
import { logOdds } from './calibration.ts';
import type { Prompt, PromptValues } from './prompts.ts';

/** What a model says to a question that takes Yes or No: `odds` are the log-odds of its Yes, null where it doesn't tell them. */
export type Word = { yes: boolean; odds: number | null };

/** A question to a model that takes one word: its prompt, and the model, once told to give probabilities, once as it is. */
export type WordQuestion = { prompt: Prompt; telling: ChatStep; model: ChatStep };

const Token = z.object({ token: z.string(), logprob: z.number() });
const LogProbabilities = z.object({ content: z.array(Token.extend({ top_logprobs: z.array(Token) })).min(1) });

/**
 * Asks whether an answer is right and takes the probability of the word, not a stated one: inside JSON, and in figures that a
 * model makes up, it is worth little (Kadavath et al., "Language Models (Mostly) Know What They Know", 2022).
 * @returns a function that asks; its server once told that it knows no log-probabilities is asked without
 * @throws AppError MODEL_BAD_OUTPUT where the reply is neither word, and what the model throws
 */
export function createAskWord({ prompt, telling, model }: WordQuestion) {
  const call = preferring(telling, model);
  return async (texts: PromptValues, config: RunnableConfig): Promise<Word> => {
    const messages = (await prompt.invoke(texts, config)).toChatMessages();
    return readWord(await call(messages, config));
  };
}

/**
 * Calls a model that is told more than every server understands; after the first refusal, then and from then on, the same
 * model as it is.
 */
export function preferring(told: ChatStep, model: ChatStep) {
  let isRefused = false;
  return async (messages: BaseMessage[], config: RunnableConfig): Promise<AIMessageChunk> => {
    if (!isRefused) {
      try {
        return await told.invoke(messages, config);
      } catch (error) {
        if (!refusesRequest(error)) throw error;
        isRefused = true;
      }
    }
    return await model.invoke(messages, config);
  };
}

function readWord(message: AIMessageChunk): Word {
  const told = LogProbabilities.safeParse(message.response_metadata.logprobs);
  const odds = told.success ? oddsOf(told.data.content[0]!.top_logprobs) : null;
  const said = sideOf(readText(message).split(/[\s.,;:!]/)[0] ?? '');
  if (odds === null && said === null)
    throw new AppError('MODEL_BAD_OUTPUT', 'The model replied with neither Yes nor No.');
  return { odds, yes: odds === null ? said === 'yes' : odds > 0 };
}

/** The log-odds of Yes against No among the likeliest first tokens; null where neither is among them. */
function oddsOf(tokens: z.infer<typeof Token>[]): number | null {
  const likely = { yes: 0, no: 0 };
  for (const { token, logprob } of tokens) {
    const side = sideOf(token);
    if (side) likely[side] += Math.exp(logprob);
  }
  const both = likely.yes + likely.no;
  return both === 0 ? null : logOdds(likely.yes / both);
}

function sideOf(token: string): 'yes' | 'no' | null {
  const word = token.replace(/[^\p{L}]/gu, '').toLowerCase();
  return word === 'yes' || word === 'no' ? word : null;
}

/** How the judge's own answer compares with the one that is judged. */
export type Comparison = {
  /** The share of its telling words that the judged answer holds, 0 to 1. */
  agreement: number;
  /** Whether it says that the passages don't answer. */
  declined: boolean;
};

const declines = /\bnot stated\b/i;

/**
 * Has the model answer the question itself, without seeing the answer that is judged: agreement between the two tells more
 * than its opinion of the one (the idea of self-consistency: Wang et al., 2022; Manakul et al., "SelfCheckGPT", 2023).
 * @throws AppError MODEL_BAD_OUTPUT where it replies without any text but thinking, and what the model throws
 */
export function createAnswerItself({ prompt, model }: { prompt: Prompt; model: ChatStep }) {
  return async ({ context = '', question = '' }: PromptValues, config: RunnableConfig): Promise<string> => {
    const messages = (await prompt.invoke({ context, question }, config)).toChatMessages();
    const own = readText(await model.invoke(messages, config));
    if (own === '') throw new AppError('MODEL_BAD_OUTPUT', 'The model replied without a text.');
    return own;
  };
}

/** Compares a judge's own answer with the judged one by their words, those of the question left aside where there are others. */
export function compareAnswers(question: string, own: string, judged: string): Comparison {
  if (declines.test(own)) return { agreement: 0, declined: true };
  const asked = contentStems(question);
  const stems = [...contentStems(own)];
  const fresh = stems.filter((stem) => !asked.has(stem));
  const telling = fresh.length > 0 ? fresh : stems;
  const held = contentStems(judged);
  return { agreement: telling.filter((stem) => held.has(stem)).length / Math.max(1, telling.length), declined: false };
}
