import type { FoundPassage } from '../passage.ts';
import type { Span } from '../sentences.ts';
import { namesSomething } from './question-type.ts';
import { beginning, readText, readTitle } from './read-text.ts';
import { relativeTo } from './relative.ts';
import shipped from './rerank-weights.json' with { type: 'json' };
import { readShares, shareHeld, shareWithinReach, sumOf } from './word-shares.ts';
import { rarityOf, readWords } from './words.ts';

/** The fields of a passage that are read. */
type Comparable = Pick<FoundPassage, 'title' | 'text' | 'start' | 'score' | 'windows' | 'similarities'>;

/** How many passages a search finds, the best of which are shown. */
export const rerankedPassages = 20;

/** The features that a passage is scored by; their weights are trained by evaluation/train-rerank.ts. */
export const rerankFeatures = [
  'fused',
  'nearest window',
  'second nearest window',
  'three nearest windows',
  'words in the passage',
  'words in one sentence',
  'words in two sentences',
  'words within reach',
  'beginnings of words in two sentences',
  'neighbours stay neighbours',
  'similarity where the words are',
  'best of both',
  'names missing',
  'length',
] as const;

const trained = rerankFeatures.map((name) => shipped.features[name]);

/**
 * Orders the passages that a search found by how likely they answer. It looks at the score of the search, the nearness
 * of the windows, and the question's words, weighted by their rarity among these passages: how many of them stand in
 * the passage, in one or two sentences of it, near each other, and in the question's order. A linear model, trained to
 * make the passage that answers the likeliest (ListNet: Cao et al., "Learning to Rank", 2007).
 * @param found best first, with the scores of the search, 0 to 1
 * @param topK how many to return
 * @returns best first, ranked from 1; `score` is 1 for the best, and each other's odds relative to it
 */
export function rerank<Found extends Comparable>(
  question: string,
  found: Found[],
  topK: number,
  featureWeights = trained,
): (Found & { rank: number })[] {
  const scored = featuresOfPassages(question, found).map((features, at) => ({
    passage: found[at]!,
    score: weighed(features, featureWeights),
  }));
  scored.sort((one, other) => other.score - one.score);
  const best = scored[0]?.score ?? 0;
  return scored
    .slice(0, topK)
    .map(({ passage, score }, at) => ({ ...passage, score: Math.exp(score - best), rank: at + 1 }));
}

function weighed(features: number[], weights: number[]): number {
  let sum = 0;
  for (let at = 0; at < features.length; at += 1) sum += features[at]! * weights[at]!;
  return sum;
}

/** The values of `rerankFeatures` for each passage. */
export function featuresOfPassages(question: string, found: Comparable[]): number[][] {
  const words = readWords(question);
  const asked = words.flatMap(({ stem, common }) => (common ? [] : [stem]));
  const stems = [...new Set(asked)];
  const names = words.flatMap((word) => (namesSomething(word) ? [stems.indexOf(word.stem)] : []));
  const read = found.map(({ title, text, similarities }) => {
    const words = readText(text);
    const held = stems.map((stem) => words.stems.get(stem));
    return { text: words, held, title: readTitle(title), nearest: nearestThree(similarities) };
  });
  let sentenceCount = 0;
  const sentencesWith = stems.map(() => 0);
  for (const { text, held } of read) {
    sentenceCount += text.sentences.length;
    for (let word = 0; word < held.length; word += 1) sentencesWith[word]! += held[word]?.sentences.length ?? 0;
  }
  const weights = sentencesWith.map((found) => rarityOf(found, sentenceCount));
  const all = sumOf(weights);
  const beginnings = stems.map((stem) => stem.slice(0, beginning));
  const neighbours = asked.slice(1).map((stem, at) => ({
    pair: `${asked[at]} ${stem}`,
    one: stems.indexOf(asked[at]!),
    other: stems.indexOf(stem),
  }));
  const pairWeights = neighbours.map(({ one, other }) => weights[one]! + weights[other]!);
  const allPairs = sumOf(pairWeights);
  const relative = relativeTo(read.map(({ nearest: [first] }) => first));

  return read.map(({ text, held, title, nearest: [first, second, third] }, at): number[] => {
    const count = text.sentences.length;
    const near = nearnessOf(text.sentences, found[at]!, first, relative);
    const holding = held.map((occurrences) => occurrences?.sentences);
    const { alone, withNext, nearness, both } = readShares(weights, all, holding, near, count);
    const begun = beginnings.map((begins) => text.sentencesBegun.get(begins));
    const { withNext: begunWithNext } = readShares(weights, all, begun, near, count);
    return [
      found[at]!.score,
      relative(first),
      relative(second),
      relative((first + second + third) / 3),
      shareHeld(weights, all, (word) => held[word] !== undefined || title.has(stems[word]!)),
      alone,
      withNext,
      shareWithinReach(weights, all, held),
      begunWithNext,
      shareHeld(pairWeights, allPairs, (at) => text.pairs.has(neighbours[at]!.pair)),
      nearness,
      both,
      Math.min(3, names.filter((name) => held[name] === undefined && !title.has(stems[name]!)).length),
      Math.log(1 + text.length),
    ];
  });
}

/** The similarities of the three nearest windows, nearest first; if there are fewer, the last is repeated. */
function nearestThree(similarities: Comparable['similarities']): [number, number, number] {
  let [first, second, third] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at < similarities.length; at += 1) {
    const similarity = similarities[at]!;
    if (similarity > first) [first, second, third] = [similarity, first, second];
    else if (similarity > second) [second, third] = [similarity, second];
    else if (similarity > third) third = similarity;
  }
  if (similarities.length < 1) first = 0;
  if (similarities.length < 2) second = first;
  if (similarities.length < 3) third = second;
  return [first, second, third];
}

/** The nearness of sentences: one buffer for all calls, as in word-shares.ts. */
let nearnesses = new Float64Array(64);

/**
 * How near each sentence of a passage is: as near as the nearest window that it overlaps, or as `nearest` if it
 * overlaps none.
 */
function nearnessOf(
  sentences: Span[],
  { start, windows, similarities }: Comparable,
  nearest: number,
  relative: (similarity: number) => number,
): Float64Array {
  if (sentences.length > nearnesses.length) nearnesses = new Float64Array(sentences.length * 2);
  for (let sentence = 0; sentence < sentences.length; sentence += 1) {
    const from = start + sentences[sentence]!.start;
    const to = start + sentences[sentence]!.end;
    let most = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < windows.length; at += 1)
      if (windows[at]!.start < to && from < windows[at]!.end && similarities[at]! > most) most = similarities[at]!;
    nearnesses[sentence] = relative(most === Number.NEGATIVE_INFINITY ? nearest : most);
  }
  return nearnesses;
}
