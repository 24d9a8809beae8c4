import weights from './answer-weights.json' with { type: 'json' };
import { focusStems } from './question-type.ts';
import type { RankedSentence, ReadQuestion } from './rank-sentences.ts';
import { contentStems, readWords, weightedShare } from './words.ts';

/**
 * Decides whether an extracted answer is one: a logistic model over `gateFeatures`, and the probability below which there is
 * no answer. It belongs to one embedding model, since each has its own range of similarities.
 */
export type Gate = { weights: number[]; bias: number; cut: number };

export type Ranked = { question: ReadQuestion; sentences: RankedSentence[] };

/** What the gate looks at, in order; the first three depend on the embedding model. */
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
  'asked thing near the best sentence',
  'asked thing in the context',
  'holds what is asked for',
  'lacks what is asked for',
  'sureness of the best sentence',
];

/** @returns null where there is nothing to answer from */
export function gateFeatures({ question, sentences }: Ranked): number[] | null {
  const best = sentences[0];
  if (!best) return null;
  const similarities = sentences.map(({ greatestSimilarity }) => greatestSimilarity);
  const mean = similarities.reduce((sum, each) => sum + each, 0) / similarities.length;
  const greatest = Math.max(...similarities);
  const titles = new Set(
    sentences.flatMap(({ passage }) => passage.title).flatMap((title) => [...contentStems(title)]),
  );
  const all = new Set(sentences.flatMap(({ stems }) => [...stems]));
  const near = [best.stems, best.before, best.after, contentStems(best.passage.title)];
  const share = (wanted: ReadonlySet<string>, ...pools: ReadonlySet<string>[]) => weightedShare(wanted, pools, () => 1);
  const focus = focusStems(question.text);
  const names = readWords(question.text).filter(
    ({ text, stem, start, common }) => !common && (/^\p{N}/u.test(stem) || (start > 0 && /^\p{Lu}/u.test(text))),
  );
  const missing = (stem: string, ...pools: ReadonlySet<string>[]) => !pools.some((pool) => pool.has(stem));
  const typed = question.type !== 'other';
  return [
    greatest * 10,
    best.greatestSimilarity * 10,
    (greatest - mean) * 10,
    share(question.stems, best.stems),
    weightedShare(question.stems, [best.stems], question.rarity),
    weightedShare(question.stems, near, question.rarity),
    share(question.stems, all, titles),
    Math.min(6, [...question.stems].filter((stem) => missing(stem, all, titles)).length),
    Math.min(4, names.filter(({ stem }) => missing(stem, all, titles)).length),
    Math.min(4, names.filter(({ stem }) => missing(stem, ...near)).length),
    focus.size === 0 ? 0.5 : share(focus, ...near),
    focus.size === 0 ? 0.5 : share(focus, all, titles),
    Number(typed && best.fits),
    Number(typed && !best.fits),
    Math.log(best.probability),
  ];
}

export const gateOfE5Small: Gate = weights.gates.e5Small;
export const gateOfAnyModel: Gate = weights.gates.anyModel;

/** How likely the context answers the question, 0 to 1. */
export function answerable(ranked: Ranked, gate: Gate): number {
  const features = gateFeatures(ranked);
  if (!features) return 0;
  const sum = features.reduce((total, feature, index) => total + feature * gate.weights[index]!, gate.bias);
  return 1 / (1 + Math.exp(-sum));
}
