import { focusStems, holdsType, isNumber, namesIn } from '../ranking/question-type.ts';
import { contentStems, readWords, shareOf } from '../ranking/words.ts';
import file from './answer-weights.json' with { type: 'json' };
import { mayTellKind } from './asked-kind.ts';
import { fromLogOdds } from './calibration.ts';
import { lacksMeasure } from './other-measure.ts';
import { namesOtherNumber } from './other-number.ts';
import { partyOrderOf } from './party-order.ts';
import type { RankedSentence, ReadQuestion } from './rank-sentences.ts';
import { wholeText } from './sentence-candidates.ts';

/**
 * A logistic model over `gateFeatureNames` that tells whether a context holds an answer. It belongs to one embedding
 * model, since each has its own range of similarities.
 */
export type Gate = { weights: number[]; bias: number };

/** A question and the sentences of its context, best first. */
export type Ranked = { question: ReadQuestion; sentences: RankedSentence[] };

/** The features of the gate, in order; the first three depend on the embedding model. */
export const gateFeatureNames = [
  'similarity of the best window',
  'similarity of the best sentence',
  'spread of the similarities',
  'words in the best sentence',
  'rare words in the best sentence',
  'rare words near it',
  'words in the context',
  'words nowhere in the context',
  'names nowhere in the context',
  'names not near the best sentence',
  'sureness of the best sentence',
  'asks how many',
  'counts what is asked for',
  'names what is asked for',
  'what is asked for is nowhere in the context',
] as const;

/** Whom to turn to and who may do something is told by a desk or a group: "Call the caretaker", "Trained staff are". */
const asksForGroup =
  /^\W*whom?\s(?:(?:do|can|should|must|may|shall) (?:i|we|you)|(?:is|are) (?:not )?(?:allowed|permitted|entitled|eligible|required|obliged)|(?:has|have) access)\b/i;
/** How many words before a thing its number may stand, as in "three of the trees". */
const countedWithin = 3;
/** Looking up so many words in each sentence costs less than to join the words of all sentences. */
const fewWords = 20;
/** Sentences of at least this probability are searched for what is asked, besides the best one. */
const likelySentence = 0.2;

const trained = ({ weights, bias }: (typeof file.gates)['anyModel']): Gate => ({
  weights: gateFeatureNames.map((name) => weights[name]),
  bias,
});
/** Trained by evaluation/train-answer.ts for the embedded model e5-small-v2-q. */
export const gateOfE5Small = trained(file.gates.e5Small);
/** Looks at words only, for embedding models without a gate of their own. */
export const gateOfAnyModel = trained(file.gates.anyModel);

/** Who answers: without a language model, an answer is a sentence of the context. */
export type Answerer = 'quotation' | 'model';

/**
 * How likely it is that the context answers the question, 0 to 1; 0 also where its likely sentences lack what is asked
 * for.
 */
export function answerable(ranked: Ranked, gate: Gate, answerer: Answerer = 'quotation'): number {
  if (ranked.sentences.length === 0 || lacksWhatIsAsked(ranked, answerer)) return 0;
  const features = gateFeatures(ranked);
  const sum = features.reduce((total, feature, at) => total + feature * gate.weights[at]!, gate.bias);
  return fromLogOdds(sum);
}

/**
 * Whether what is asked for is missing: "who" without a name or a role in the likeliest sentences, "how many" without a
 * number, or of a thing that the whole context doesn't mention, "when", "where", "how long" or "how often" without a word
 * that could tell it, or a price among numbers of other measures. That is rare where there is an answer. So is a question
 * that the context answers for another subject alone, or for one with another number. No list has all words that could tell
 * when or where: a language model, which understands others, is asked.
 */
export function lacksWhatIsAsked(ranked: Ranked, answerer: Answerer = 'quotation'): boolean {
  const { question, sentences } = ranked;
  if (question.isOfOthersAlone) return true;
  const passages = new Set(sentences.map(({ passage }) => passage));
  if (namesOtherNumber(question.text, [...passages])) return true;
  const likely = sentences.filter(({ probability }, at) => at === 0 || probability >= likelySentence);
  const texts = likely.map(wholeText);
  if (lacksMeasure(question.text, texts)) return true;
  const mayTell = mayTellKind(question.text, texts);
  if (mayTell !== null) return answerer === 'quotation' && !mayTell;
  if (question.type !== 'person' && question.type !== 'number') return false;
  if (asksForGroup.test(question.text)) return false;
  const holds = likely.some(({ text }) => holdsType(question.type, text, question.said));
  if (!holds && !(question.type === 'person' && namesRole(ranked, likely))) return true;
  const focus = focusStems(question.text);
  return asksHowMany(question) && focus.size > 0 && coverage(focus, wholeContext(ranked)) === 0;
}

/** Whether sentences answer "who" without a name: "The landlord insures the building." */
const namesRole = ({ question }: Ranked, sentences: RankedSentence[]) =>
  partyOrderOf(
    question.text,
    sentences.map(({ text }) => text),
  ) === 'as asked';

/** The values of `gateFeatureNames`. There must be at least one sentence. */
export function gateFeatures(ranked: Ranked): number[] {
  const { question, sentences } = ranked;
  const best = sentences[0]!;
  const similarities = sentences.map(({ greatestSimilarity }) => greatestSimilarity);
  const mean = similarities.reduce((sum, each) => sum + each, 0) / similarities.length;
  const greatest = Math.max(...similarities);
  const whole = wholeContext(ranked);
  const near = [best.stems, best.before, best.after, contentStems(best.passage.title)];
  const isMissing = (stem: string, pools: ReadonlySet<string>[]) => !pools.some((pool) => pool.has(stem));
  const share = shareOf(question.stems, question.rarity);
  const names = namesIn(question.text);
  const focus = focusStems(question.text);
  const howMany = asksHowMany(question) && focus.size > 0;
  const named = question.type === 'other' && focus.size > 0;
  return [
    greatest * 10,
    best.greatestSimilarity * 10,
    (greatest - mean) * 10,
    coverage(question.stems, [best.stems]),
    share(best.stems),
    share(...near),
    coverage(question.stems, whole),
    Math.min(6, [...question.stems].filter((stem) => isMissing(stem, whole)).length),
    Math.min(4, names.filter(({ stem }) => isMissing(stem, whole)).length),
    Math.min(4, names.filter(({ stem }) => isMissing(stem, near)).length),
    Math.log(best.probability),
    Number(howMany),
    Number(howMany && counts(best.text, focus)),
    Number(named),
    Number(named && [...focus].some((stem) => isMissing(stem, whole))),
  ];
}

const asksHowMany = ({ text }: ReadQuestion) => /\bhow (?:many|much)\b/i.test(text);

/** The words of all sentences and titles of the context; for a long question in one set, since each of its words is looked up. */
function wholeContext({ question, sentences }: Ranked): ReadonlySet<string>[] {
  const titles = new Set(sentences.map(({ passage }) => passage.title));
  const stems = [...sentences.map((sentence) => sentence.stems), ...[...titles].map(contentStems)];
  return question.said.size <= fewWords ? stems : [new Set(stems.flatMap((some) => [...some]))];
}

const coverage = (wanted: ReadonlySet<string>, pools: ReadonlySet<string>[]) => shareOf(wanted, () => 1)(...pools);

/** Whether a number stands shortly before one of the things. */
function counts(text: string, things: ReadonlySet<string>): boolean {
  const words = readWords(text);
  return words.some(
    ({ stem }, at) => things.has(stem) && words.slice(Math.max(0, at - countedWithin), at).some(isNumber),
  );
}
