import type { FoundPassage } from '../passage.ts';
import { questionTypeOf } from '../ranking/question-type.ts';
import { sumOfTrees, type Tree } from './boosted-trees.ts';
import { fromLogOdds, logOdds } from './calibration.ts';
import type { Judge } from './evaluate.ts';
import { tellsOpposite } from './opposite-quality.ts';
import { partyOrderOf } from './party-order.ts';
import { type RankedSentence, rankSentences } from './rank-sentences.ts';
import { wholeText } from './sentence-candidates.ts';
import type { Answered } from './state.ts';
import { step } from './step.ts';
import type { Support } from './support.ts';
import { type Basis, type Evidence, unjudged, type Verdict } from './verdict.ts';
import { readAnswer, verdictFeatureNames } from './verdict-features.ts';
import trained from './verdict-weights.json' with { type: 'json' };

/**
 * A logistic model over the features of `readAnswer`, boosted trees over the same features that correct it, and the
 * probability from which an answer is called Correct. Far from the training data the logistic model decides: there
 * trees know nothing.
 */
export type VerdictWeights = {
  features: { name: string; weight: number }[];
  bias: number;
  trees: Tree[];
  threshold: number;
};

/** How likely a premise entails a hypothesis, 0 to 1; null where the model gives nothing usable. */
export type Entails = (premise: string, hypothesis: string) => Promise<number | null>;

/** Trained by evaluation/train-verdict.ts for the embedded model e5-small-v2-q. */
export const weightsOfE5Small = trained.e5Small as VerdictWeights;
/** Looks at words only, for embedding models without weights of their own. */
export const weightsOfAnyModel = trained.anyModel as VerdictWeights;

/** A sentence supports a part of the answer if it holds at least this share of its words. */
const leastHeld = 0.5;
/** The score of a quotation that all words fit, but which tells something else than is asked. */
const mostIfElse = 0.1;
/** What such a quotation tells, as people are told. */
const tellsElse = {
  swapped: 'it says the other way round who does it, and to whom',
  'of another': 'it says of another who does it',
  opposite: 'it tells the opposite of what is asked',
};
const noModel = 'No language model is configured';

/**
 * The judge where no language model is configured: a small classifier over features of question, answer and context,
 * which takes about a millisecond and calls no model. It tells whether the answer stands in the passages, where the
 * question points, and is of the kind asked for; it can't tell whether the passages are true. An answer without words,
 * or a context without sentences, is Unjudged with the problem `unavailable`.
 * @param options.weights belong to the embedding model whose similarities the passages carry; by default e5-small-v2-q.
 * Trained by evaluation/train-verdict.ts
 * @param options.entails a second opinion by an entailment model: its probability for the passage that supports the
 * answer best is averaged with the classifier's as log-odds
 * @throws Error where the weights are for other features
 */
export function createFeatureJudge(options: { weights?: VerdictWeights; entails?: Entails | undefined } = {}): Judge {
  const { weights = weightsOfE5Small, entails } = options;
  if (weights.features.map(({ name }) => name).join() !== verdictFeatureNames.join())
    throw new Error('The weights of the verdict are for other features.');
  return step('evaluate with context', async (state: Answered): Promise<Verdict> => {
    const judged = judgeByFeatures(state, weights);
    if (!judged) {
      const reason = `${noModel}, and there is no text to compare the answer with.`;
      return unjudged('context', 'unavailable', reason);
    }
    const { evidence } = judged;
    const entailed = entails ? await entailedBy(state, entails) : null;
    const score = entailed === null ? judged.score : averageOfOdds(judged.score, entailed);
    const told = explain(state.question, judged);
    return {
      label: score >= weights.threshold ? 'Correct' : 'Incorrect',
      basis: 'context',
      score,
      reason:
        entailed === null
          ? told
          : `${told} An entailment model gives it ${Math.round(entailed * 100)} of 100; together ${Math.round(score * 100)}.`,
      evidence,
      problem: null,
    };
  });
}

/** The highest probability that a passage entails the question with this answer; null where there is none. */
async function entailedBy({ question, answer, context }: Answered, entails: Entails): Promise<number | null> {
  const hypothesis = `${question} ${answer.text}`;
  const told = await Promise.all(context.map(({ text }) => entails(text, hypothesis)));
  const known = told.filter((probability) => probability !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** The average of two probabilities as log-odds. */
export const averageOfOdds = (one: number, other: number) => fromLogOdds((logOdds(one) + logOdds(other)) / 2);

/**
 * The score of the embedded verdict with what it was read from; null where there is nothing to compare. The words of a
 * sentence that tells something else than is asked (`tellsElse`) fit all the same, so that the classifier doesn't see it.
 */
export function judgeByFeatures({ question, answer, context }: Answered, weights: VerdictWeights) {
  const reading = readAnswer(answer.text, rankSentences(question, context));
  if (!reading) return null;
  // "No: A bought B" is right.
  const isQuoted = reading.supports.every(({ verbatim }) => verbatim) && !/^\s*(?:yes|no)\b/i.test(answer.text);
  const sentences = reading.supports.map(({ sentence }) => sentence);
  const tells = isQuoted ? tellsWhatElse(question, sentences, context) : null;
  const score = Math.min(scoreOf(reading.values, weights), tells ? mostIfElse : 1);
  return { score, reading, tells, evidence: toEvidence(reading.supports) };
}

/** What quoted sentences tell instead of what is asked; null where they may tell that. */
function tellsWhatElse(
  question: string,
  sentences: RankedSentence[],
  context: FoundPassage[],
): keyof typeof tellsElse | null {
  const texts = sentences.map(({ text }) => text);
  const order = partyOrderOf(
    question,
    texts,
    context.map(({ text }) => text),
  );
  if (order === 'swapped' || order === 'of another') return order;
  return tellsOpposite(question, texts, sentences.map(wholeText)) ? 'opposite' : null;
}

/** A judge for a basis that needs a language model where none is configured: always Unjudged. */
export function createUnavailableJudge(basis: Basis): Judge {
  const seen = basis === 'answer' ? 'From question and answer alone' : 'From the context';
  const reason = `${noModel}. ${seen}, an answer can only be judged by one.`;
  return step(`evaluate with ${basis}`, () => unjudged(basis, 'unavailable', reason));
}

/** The probability that an answer with these features is right, 0 to 1. */
export function scoreOf(values: number[], { features, bias, trees }: VerdictWeights): number {
  const line = features.reduce((total, { weight }, at) => total + weight * values[at]!, bias);
  return fromLogOdds(line + sumOfTrees(trees, values));
}

/** The sentences that support the answer, each once, with offsets into its document. */
function toEvidence(supports: Support[]): Evidence[] {
  const found = new Map<string, Evidence>();
  for (const { sentence, held } of supports) {
    if (held < leastHeld) continue;
    const { passage, start, end, text: quote } = sentence;
    found.set(`${passage.id} ${start}`, { quote, passageId: passage.id, start, end });
  }
  return [...found.values()];
}

const given = {
  number: 'gives a number',
  time: 'gives a time',
  person: 'names someone',
  place: 'names a place',
  reason: '',
  other: '',
};
const wanting = {
  number: 'gives no number',
  time: 'gives no time',
  person: 'names nobody',
  place: 'names no place',
  reason: '',
  other: '',
};

type Judged = NonNullable<ReturnType<typeof judgeByFeatures>>;

/** Two sentences for people: how the score came about, and what speaks for and against the answer. */
function explain(question: string, { reading, score, tells }: Judged): string {
  const quoted = reading.supports.every(({ verbatim }) => verbatim);
  const how = quoted ? 'this answer is quoted from the documents' : 'this answer was compared with the documents';
  const judge = tells ? 'the sense of its words' : 'a small classifier';
  const type = questionTypeOf(question);
  const covered = Math.round(reading.questionCovered * 100);
  const speaksFor: string[] = [];
  const speaksAgainst: string[] = [];
  if (reading.bestIsSupport) speaksFor.push('it stands in the sentence that fits the question best');
  else speaksAgainst.push('another sentence fits the question better');
  const shared = `${covered}% of the question's words (rare ones count more)`;
  if (covered >= 50) speaksFor.push(`the text around it shares ${shared}`);
  else speaksAgainst.push(`the text around it shares only ${shared}`);
  if (reading.fits === true) speaksFor.push(`it ${given[type]}, as asked`);
  if (reading.fits === false) speaksAgainst.push(`it ${wanting[type]}, though that is asked for`);
  if (reading.missing.length > 0) {
    const words = reading.missing.slice(0, 3).map((word) => `“${word.slice(0, 40)}”`);
    speaksAgainst.push(
      `${words.join(', ')} ${words.length === 1 ? "isn't" : "aren't"} in the text that should bear it out`,
    );
  }
  const unsupported = reading.supports.filter(({ held }) => held < leastHeld);
  if (reading.supports.length > 1)
    for (const { part } of unsupported.slice(0, 3))
      speaksAgainst.push(`unsupported: “${part.length > 80 ? `${part.slice(0, 80)}…` : part}”`);
  if (tells) speaksAgainst.push(tellsElse[tells]);
  if (reading.negationDiffers) speaksAgainst.push('one of the two is negated and the other is not');
  const sides: string[] = [];
  if (speaksFor.length > 0) sides.push(`for it: ${speaksFor.join(', ')}`);
  if (speaksAgainst.length > 0) sides.push(`against it: ${speaksAgainst.join(', ')}`);
  const told = sides.join('; ');
  return (
    `${noModel}: ${how}, and ${judge} gives it ${Math.round(score * 100)} of 100 to be correct. ` +
    `${told.charAt(0).toUpperCase()}${told.slice(1)}.`
  );
}
