import type { FoundPassage } from '../passage.ts';
import { type Answerer, answerable, type Gate, type Ranked } from './answer-gate.ts';
import { fromLogOdds, logOdds } from './calibration.ts';
import { extract } from './extract-answer.ts';
import { averageOfOdds, scoreOf, type VerdictWeights } from './judge-by-features.ts';
import { rankSentences } from './rank-sentences.ts';
import type { Retrieved } from './state.ts';
import { step } from './step.ts';
import { readAnswer } from './verdict-features.ts';

/**
 * What decides whether a context can answer; both parts belong to the embedding model whose similarities the passages
 * carry.
 */
export type SufficiencyModel = { gate: Gate; weights: VerdictWeights };

/**
 * By how much, in log-odds, the verdict may raise what the fit says. It was trained on contexts about the question's
 * subject, and thinks too well of a quotation that merely shares a word or two with a question about something else.
 */
const mostRaised = 0.5;

/**
 * How likely the context holds an answer, 0 to 1, before anyone has answered: how well it fits the question, averaged
 * as log-odds with the embedded verdict on the best answer that could be quoted from it, which can lower it further
 * than raise it.
 */
export const sufficiencyOf = (
  question: string,
  context: FoundPassage[],
  model: SufficiencyModel,
  answerer?: Answerer,
) => sufficiencyOfRanked(rankSentences(question, context), model, answerer);

/** The same for sentences that are ranked already. */
export function sufficiencyOfRanked(ranked: Ranked, { gate, weights }: SufficiencyModel, answerer?: Answerer): number {
  const fits = answerable(ranked, gate, answerer);
  const reading = readAnswer(extract(ranked.sentences), ranked);
  if (fits === 0 || !reading) return 0;
  const average = averageOfOdds(fits, scoreOf(reading.values, weights));
  return Math.min(average, fromLogOdds(logOdds(fits) + mostRaised));
}

/**
 * The step that decides, in code, whether there is anything to answer from: no prompt can talk it round, and where it
 * says no, no model is called.
 * @param least the lowest sufficiency, 0 to 1, for which it says yes
 * @param answerer who answers where it says yes
 */
export function createSuffices(model: SufficiencyModel, least: number, answerer: Answerer) {
  return step(
    'context suffices',
    ({ question, context }: Retrieved) =>
      context.length > 0 && (least === 0 || sufficiencyOf(question, context, model, answerer) >= least),
  );
}
