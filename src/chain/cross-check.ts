import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages';
import type { RunnableConfig } from '@langchain/core/runnables';
import { z } from 'zod';
import { AppError, refusesRequest } from '../errors.ts';
import { contentStems } from '../ranking/words.ts';
import { type ChatStep, textOfReply } from './answer.ts';
import { logOdds } from './calibration.ts';
import { type Prompt, type PromptValues, valuesFor } from './prompts.ts';

/**
 * A model's reply to a question that takes Yes or No. `odds` are the log-odds of its Yes, null where the server doesn't
 * report them.
 */
export type Word = { yes: boolean; odds: number | null };

/** A question that takes one word: its prompt, the model set to report probabilities, and the same model as it is. */
export type WordQuestion = { prompt: Prompt; withProbabilities: ChatStep; model: ChatStep };

const Token = z.object({ token: z.string(), logprob: z.number() });
const LogProbabilities = z.object({ content: z.array(Token.extend({ top_logprobs: z.array(Token) })).min(1) });

/**
 * Asks whether an answer is right and takes the probability of the word in reply. A probability that the model states
 * itself, inside JSON and in figures, is worth little (Kadavath et al., "Language Models (Mostly) Know What They Know",
 * 2022).
 * @returns a function that asks; once the server has refused to report probabilities, it asks without them. A model
 * that was cut off before its word, since it thinks first, is asked again as it is. It throws AppError MODEL_BAD_OUTPUT
 * where the reply is neither Yes nor No, and whatever the model throws
 */
export function createAskWord({ prompt, withProbabilities, model }: WordQuestion) {
  const call = preferring(withProbabilities, model);
  return async (texts: PromptValues, config: RunnableConfig): Promise<Word> => {
    const messages = (await prompt.invoke(valuesFor(prompt, texts), config)).toChatMessages();
    const reply = await call(messages, config);
    const isCutOff = reply.response_metadata.finish_reason === 'length';
    const word = readWord(reply) ?? (isCutOff ? readWord(await model.invoke(messages, config)) : null);
    if (!word) throw new AppError('MODEL_BAD_OUTPUT', 'The model replied with neither Yes nor No.');
    return word;
  };
}

/**
 * Returns a function that calls `preferred`, a model with options that not every server knows, until a server refuses
 * them; from then on it calls `plain`, the same model without.
 */
export function preferring(preferred: ChatStep, plain: ChatStep) {
  let isRefused = false;
  return async (messages: BaseMessage[], config: RunnableConfig): Promise<AIMessageChunk> => {
    if (isRefused) return plain.invoke(messages, config);
    try {
      return await preferred.invoke(messages, config);
    } catch (error) {
      if (!refusesRequest(error)) throw error;
      const reply = await plain.invoke(messages, config); // throws where it was not the options that were refused
      isRefused = true;
      return reply;
    }
  };
}

function readWord(message: AIMessageChunk): Word | null {
  const reported = LogProbabilities.safeParse(message.response_metadata.logprobs);
  const odds = reported.success ? oddsOf(reported.data.content[0]!.top_logprobs) : null;
  const said = sideOf(textOfReply(message).split(/[\s.,;:!。、，！]/)[0] ?? '');
  if (odds === null && said === null) return null;
  return { odds, yes: odds === null ? said === 'yes' : odds > 0 };
}

/** Where Yes and No together are less likely than this, the reply begins with something else, such as thinking. */
const leastLikely = 0.1;

/** The log-odds of Yes against No among the likeliest first tokens; null where the reply begins with neither. */
function oddsOf(tokens: z.infer<typeof Token>[]): number | null {
  const likely = { yes: 0, no: 0 };
  for (const { token, logprob } of tokens) {
    const side = sideOf(token);
    if (side) likely[side] += Math.exp(logprob);
  }
  const both = likely.yes + likely.no;
  return both < leastLikely ? null : logOdds(likely.yes / both);
}

/** Models reply in the language of the passages at times, whatever the prompt asks for. */
const yes = new Set('yes ja oui sí sim sì tak evet da да так نعم כן हाँ हां ใช่ 是 是的 はい 예 네'.split(' '));
const no = new Set('no nein nee non não nie hayır нет ні لا לא नहीं ไม่ ไม่ใช่ 否 不是 不 いいえ 아니요 아니오'.split(' '));

function sideOf(token: string): 'yes' | 'no' | null {
  const word = token.replace(/[^\p{L}\p{M}]/gu, '').toLowerCase();
  return yes.has(word) ? 'yes' : no.has(word) ? 'no' : null;
}

/** How the judge's own answer compares with the judged one. */
export type Comparison = {
  /** The share of its content words that the judged answer holds, 0 to 1. */
  agreement: number;
  /** Whether it says that the passages don't answer. */
  declined: boolean;
};

const declines = /\bnot stated\b/i;

/**
 * Has the model answer the question itself, without seeing the answer to be judged: agreement between the two tells
 * more than the model's opinion of the one (self-consistency: Wang et al., 2022; Manakul et al., "SelfCheckGPT", 2023).
 * @returns a function that asks. It throws AppError MODEL_BAD_OUTPUT where the reply has no text besides thinking, and
 * whatever the model throws
 */
export function createAnswerItself({ prompt, model }: { prompt: Prompt; model: ChatStep }) {
  return async ({ context = '', question = '' }: PromptValues, config: RunnableConfig): Promise<string> => {
    const messages = (await prompt.invoke(valuesFor(prompt, { context, question }), config)).toChatMessages();
    const own = textOfReply(await model.invoke(messages, config));
    if (own === '') throw new AppError('MODEL_BAD_OUTPUT', 'The model replied without a text.');
    return own;
  };
}

/**
 * Compares a judge's own answer with the judged one by their content words, leaving out those of the question unless
 * there are no others.
 */
export function compareAnswers(question: string, own: string, judged: string): Comparison {
  if (declines.test(own)) return { agreement: 0, declined: true };
  const asked = contentStems(question);
  const stems = [...contentStems(own)];
  const fresh = stems.filter((stem) => !asked.has(stem));
  const telling = fresh.length > 0 ? fresh : stems;
  const held = contentStems(judged);
  return { agreement: telling.filter((stem) => held.has(stem)).length / Math.max(1, telling.length), declined: false };
}
