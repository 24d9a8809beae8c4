import { AIMessage, type AIMessageChunk, HumanMessage } from '@langchain/core/messages';
import type { RunnableConfig } from '@langchain/core/runnables';
import { z } from 'zod';
import { startDeadline } from '../deadline.ts';
import { AppError } from '../errors.ts';
import { type ChatStep, cutOffReasons, textOfReply } from './answer.ts';
import {
  type Calibration,
  fromLogOdds,
  logOdds,
  probabilityOf,
  type SignalName,
  type Signals,
  signalNames,
} from './calibration.ts';
import {
  type Comparison,
  compareAnswers,
  createAnswerItself,
  createAskWord,
  preferring,
  type Word,
  type WordQuestion,
} from './cross-check.ts';
import type { Judge } from './evaluate.ts';
import { findEvidence } from './evidence.ts';
import { judgeByFeatures, type VerdictWeights } from './judge-by-features.ts';
import { type Prompt, type PromptValues, valuesFor } from './prompts.ts';
import { formatContext, inert } from './retrieve.ts';
import type { Answered } from './state.ts';
import { msLeft, step } from './step.ts';
import { type Basis, Judgement, type Problem, readJudgement, unjudged, type Verdict } from './verdict.ts';

const formatOf = (schema: z.ZodType) => ({
  type: 'json_schema',
  json_schema: { name: 'judgement', strict: true, schema: z.toJSONSchema(schema) },
});
/** The shape of a judge's reply, as a `response_format` for servers that can hold a model to one. */
export const judgementFormat = formatOf(Judgement);
/** The same for the plain prompts, which ask for the verdict alone. */
export const plainFormat = formatOf(Judgement.pick({ verdict: true }));

const repairRequest = new HumanMessage(
  'That could not be read. Reply again with the one JSON object that was asked for, and nothing before or after it.',
);

/** The parts of a judge by a model: at least one of `judgement` and `word`; the rest refines the score. */
export type ModelJudgeParts = {
  basis: Basis;
  /**
   * A verdict asked for as JSON; `structuredModel` is the same model, held to a format. Where the prompt asks for no
   * quotations, those of the embedded verdict are shown.
   */
  judgement?: { prompt: Prompt; model: ChatStep; structuredModel: ChatStep; asksForQuotes: boolean };
  /** A question that takes Yes or No, and its probabilities. */
  word?: WordQuestion;
  /** The judge's own answer to the question, to compare with the judged one. */
  itself?: { prompt: Prompt; model: ChatStep };
  /** The embedded verdict's weights, for the embedding model in use. */
  embedded?: VerdictWeights;
  /** How the signals make a probability; without it, label and score are what the model says. */
  calibration?: Calibration | undefined;
  /** The evaluation's own deadline, inside the ask's. */
  timeoutMs: number;
};

/** How long before the ask's deadline a judge is given up, in milliseconds: the answer that is there is still returned. */
const sparedMs = 50;

/** The results of the calls to the model; null for those that were not made, or failed. */
type Opinions = { judgement: Judgement | null; word: Word | null; comparison: Comparison | null };

/**
 * A judge by a language model. It asks, side by side and each where wanted, for a judgement as JSON (read tolerantly,
 * and asked for once more where it can't be read), for one word, and for an answer to the question itself. A
 * calibration makes one probability of these and of the embedded verdict; if one of them didn't come, label and score
 * are what the model says. It never fails: a judge that is too slow, unreadable or unreachable gives a verdict with its
 * `problem`.
 */
export function createModelJudge(parts: ModelJudgeParts): Judge {
  const { basis, timeoutMs, embedded, calibration } = parts;
  const askJudgement = parts.judgement && createAskJudgement(parts.judgement);
  const askWord = parts.word && createAskWord(parts.word);
  const answerItself = parts.itself && createAnswerItself(parts.itself);
  const weigh = step('weigh signals', (signals: Signals) => (calibration ? probabilityOf(signals, calibration) : null));
  // A calibration was fitted to all signals: a missing one must not count as one against the answer.
  const areAllThere = ({ judgement, word, comparison }: Opinions) =>
    (!askJudgement || judgement) && (!askWord || word) && (!answerItself || comparison);

  /** @throws where neither judgement nor word came: what the first of these calls threw */
  async function opine({ question, answer, context }: Answered, config: RunnableConfig): Promise<Opinions> {
    const texts = { question: inert(question), answer: inert(answer.text), context: formatContext(context) };
    const [judgement, word, own] = await Promise.allSettled([
      askJudgement?.(texts, config),
      askWord?.(texts, config),
      answerItself?.(texts, config),
    ]);
    const resultOf = <T>(settled: PromiseSettledResult<T | undefined>) =>
      settled.status === 'fulfilled' ? (settled.value ?? null) : null;
    const opinions = { judgement: resultOf(judgement), word: resultOf(word) };
    if (!opinions.judgement && !opinions.word)
      throw [judgement, word].find((settled) => settled.status === 'rejected')?.reason;
    const ownAnswer = resultOf(own);
    return { ...opinions, comparison: ownAnswer === null ? null : compareAnswers(question, ownAnswer, answer.text) };
  }

  return step(`evaluate with ${basis}`, async (state: Answered, config): Promise<Verdict> => {
    const deadline = startDeadline(Math.min(timeoutMs, msLeft(config, sparedMs)), config.signal);
    const { signal } = deadline;
    try {
      const opinions = await opine(state, { ...config, signal });
      const { judgement } = opinions;
      const wantsFeatures = calibration !== undefined || !parts.judgement?.asksForQuotes;
      const features = embedded && basis === 'context' && wantsFeatures ? judgeByFeatures(state, embedded) : null;
      const quoted = judgement ? findEvidence(judgement.quotes, state.context) : [];
      const signals = toSignals(opinions, quoted.length, features?.score ?? null);
      const weighed = await weigh.invoke(signals, config);
      const probability = areAllThere(opinions) ? weighed : null;
      const opinion = judgement?.verdict ?? (opinions.word!.yes ? 'Correct' : 'Incorrect');
      const label = probability === null ? opinion : probability >= calibration!.threshold ? 'Correct' : 'Incorrect';
      const odds = opinions.word?.odds ?? null;
      return {
        label,
        basis,
        score: probability ?? judgement?.score ?? (odds === null ? null : fromLogOdds(odds)),
        reason: explain(opinions, opinion, label),
        evidence: parts.judgement?.asksForQuotes || !features ? quoted : features.evidence,
        problem: null,
      };
    } catch (error) {
      if (config.signal?.aborted) throw error; // the whole ask has ended
      return problemOf(basis, deadline.isOver() ? 'timeout' : toProblem(error));
    } finally {
      deadline.end();
    }
  });
}

/** Asks for a judgement as JSON, and once more if it can't be read. */
function createAskJudgement({ prompt, model, structuredModel }: NonNullable<ModelJudgeParts['judgement']>) {
  const call = preferring(structuredModel, model);

  /** @throws AppError MODEL_BAD_OUTPUT where it can't be read the second time either; whatever the model throws */
  return async (texts: PromptValues, config: RunnableConfig): Promise<Judgement> => {
    const messages = (await prompt.invoke(valuesFor(prompt, texts), config)).toChatMessages();
    const first = await call(messages, config);
    const again = [...messages, new AIMessage(textOfReply(first)), repairRequest];
    const judgement = read(first) ?? read(await call(again, config));
    if (!judgement) throw new AppError('MODEL_BAD_OUTPUT', "The evaluation's reply could not be read.");
    return judgement;
  };
}

const read = (message: AIMessageChunk) =>
  readJudgement(textOfReply(message), { isCutOff: cutOffReasons.has(message.response_metadata.finish_reason) });

function toSignals({ judgement, word, comparison }: Opinions, quotesFound: number, embedded: number | null): Signals {
  const signals = Object.fromEntries(signalNames.map((name) => [name, 0])) as Record<SignalName, number>;
  if (judgement) {
    signals.verdict = judgement.verdict === 'Correct' ? 1 : -1;
    signals.stated = judgement.score === null ? 0 : logOdds(judgement.score);
    signals.quotes = Math.min(1, quotesFound / Math.max(1, judgement.quotes.length)); // one may be found in parts
  }
  if (word) signals.word = word.odds ?? logOdds(word.yes ? 0.9 : 0.1);
  if (comparison) {
    signals.agreement = comparison.agreement;
    signals.declined = Number(comparison.declined);
  }
  if (embedded !== null) signals.embedded = logOdds(embedded);
  return signals;
}

/** The model's reason, or what else it said; and that other signals outweighed it, if they did. */
function explain({ judgement, word, comparison }: Opinions, opinion: string, label: string): string {
  const said: string[] = [];
  if (judgement?.reason) said.push(judgement.reason);
  if (!judgement && word) said.push(`Asked whether the answer is right, the model says ${word.yes ? 'Yes' : 'No'}.`);
  if (!judgement && comparison) {
    const { declined, agreement } = comparison;
    if (declined) said.push('Asked the question itself, it finds no answer in the passages.');
    else said.push(`Its own answer ${agreement >= 0.5 ? 'agrees' : 'differs'}.`);
  }
  if (opinion !== label) said.push(`By itself it would say ${opinion}; all signs together speak for ${label}.`);
  return said.join(' ');
}

/** The verdict when the evaluation failed: `Unjudged`, in fixed words, so that nothing of the failure's own shows. */
function problemOf(basis: Basis, problem: Problem): Verdict {
  const reasons: Record<Problem, string> = {
    timeout: 'The evaluation was not ready in time.',
    unparseable: "The evaluation's reply could not be read.",
    unavailable: 'The evaluation model could not be reached.',
    skipped: 'No evaluation was asked for.',
  };
  return unjudged(basis, problem, reasons[problem]);
}

function toProblem(error: unknown): Problem {
  if (!(error instanceof AppError)) return 'unavailable';
  if (error.code === 'MODEL_TIMEOUT') return 'timeout';
  return error.code === 'MODEL_BAD_OUTPUT' ? 'unparseable' : 'unavailable';
}
