import type { FoundPassage } from '../passage.ts';
import type { Span } from '../sentences.ts';
import { isNamed } from './question-type.ts';
import { beginning, readText, readTitle } from './read-text.ts';
import { relativeTo } from './relative.ts';
import shipped from './rerank-weights.json' with { type: 'json' };
import { readShares, shareHeld, shareWithinReach, sumOf } from './word-shares.ts';
import { rarityOf, readWords } from './words.ts';

/** What is read of a passage. */
type Comparable = Pick<FoundPassage, 'title' | 'text' | 'start' | 'score' | 'windows' | 'similarities'>;

/** How many passages a search finds, of which the best are shown. */
export const rerankedPassages = 20;

/** What a passage is scored by; the weights are trained by evaluation/train-rerank.ts. */
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
 * Puts the passages that a search found into the order in which they are likely to answer: its own score, nearness of the
 * windows, and the question's words, weighted by their rarity among these passages: how many are in the passage, in a sentence or
 * two of it, near each other, in the question's order. Scores are relative to the best: a linear model, trained so that the
 * passage that answers is the likeliest (ListNet: Cao et al., "Learning to Rank", 2007).
 * @param found best first, with the scores of the search
 * @param topK how many to give back
 * @returns best first, ranked from 1; `score` is 1 for the best, and falls with the odds against a passage
 */
export function rerank<Found extends Comparable>(
  question: string,
  found: Found[],
  topK: number,
  featureWeights = trained,
): (Found & { rank: number })[] {
  const scored = featuresOfPassages(question, found).map((features, at) => ({
    passage: found[at]!,
    score: features.reduce((sum, feature, index) => sum + feature * featureWeights[index]!, 0),
  }));
  scored.sort((one, other) => other.score - one.score);
  const best = scored[0]?.score ?? 0;
  return scored
    .slice(0, topK)
    .map(({ passage, score }, at) => ({ ...passage, score: Math.exp(score - best), rank: at + 1 }));
}

/** The values of `rerankFeatures` for each passage. */
export function featuresOfPassages(question: string, found: Comparable[]): number[][] {
  const words = readWords(question);
  const asked = words.flatMap(({ stem, common }) => (common ? [] : [stem]));
  const stems = [...new Set(asked)];
  const names = words.flatMap((word) => (isNamed(word) ? [stems.indexOf(word.stem)] : []));
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
    const near = text.sentences.map((sentence) => relative(similarityAt(found[at]!, sentence) ?? first));
    const words = readShares(
      weights,
      all,
      held.map((occurrences) => occurrences?.sentences),
      near,
    );
    const sentencesBegun = beginnings.map((begun) => text.sentencesBegun.get(begun));
    const begun = readShares(weights, all, sentencesBegun, near);
    const stayNeighbours = ({ pair, one, other }: (typeof neighbours)[number]) =>
      held[one] !== undefined && held[other] !== undefined && text.pairs.has(pair);
    return [
      found[at]!.score,
      relative(first),
      relative(second),
      relative((first + second + third) / 3),
      shareHeld(weights, all, (word) => held[word] !== undefined || title.has(stems[word]!)),
      words.alone,
      words.withNext,
      shareWithinReach(weights, all, held),
      begun.withNext,
      shareHeld(pairWeights, allPairs, (at) => stayNeighbours(neighbours[at]!)),
      words.nearness,
      words.both,
      Math.min(3, names.filter((name) => held[name] === undefined && !title.has(stems[name]!)).length),
      Math.log(1 + text.length),
    ];
  });
}

/** The similarities of the three nearest windows, nearest first; where there are fewer, the last of them again. */
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

/** The similarity of the nearest window that a sentence of the passage is in. */
function similarityAt(passage: Comparable, { start, end }: Span): number | undefined {
  const { windows, similarities } = passage;
  const from = passage.start + start;
  const to = passage.start + end;
  let most: number | undefined;
  for (let at = 0; at < windows.length; at += 1) {
    const holds = windows[at]!.start < to && from < windows[at]!.end;
    if (holds && (most === undefined || similarities[at]! > most)) most = similarities[at]!;
  }
  return most;
}
