import type { FoundPassage } from '../passage.ts';
import type { Span } from '../sentences.ts';
import { isNamed } from './question-type.ts';
import { beginning, type Occurrences, readText, readTitle } from './read-text.ts';
import { relativeTo } from './relative.ts';
import shipped from './rerank-weights.json' with { type: 'json' };
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

/** Words of a question that stand within so many telling words of each other are about one thing. */
const reach = 10;
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

const sumOf = (weights: number[]) => weights.reduce((total, weight) => total + weight, 0);

/** The share of the question's parts that are held, by their weights, which sum to `all`; 0 where there are none. */
function shareHeld(weights: number[], all: number, isHeld: (part: number) => boolean): number {
  if (all === 0) return 0;
  let met = 0;
  for (let part = 0; part < weights.length; part += 1) if (isHeld(part)) met += weights[part]!;
  return met / all;
}

/** Sums by sentence, used again and again: a search reads hundreds of sentences, and nothing else runs meanwhile. */
let alone = new Float64Array(64);
let withNext = new Float64Array(64);

/**
 * The greatest share of parts, by their weights, in a sentence, and in one with the one after it; how near the sentence is that holds
 * most (of equals the nearest); and the greatest sum of a sentence's share and its nearness.
 * @param sentencesWith the sentences that hold each part, rising
 * @param near the nearness of each sentence
 */
function readShares(weights: number[], all: number, sentencesWith: (number[] | undefined)[], near: number[]) {
  const count = near.length;
  if (count > alone.length) {
    alone = new Float64Array(count * 2);
    withNext = new Float64Array(count * 2);
  }
  alone.fill(0, 0, count);
  withNext.fill(0, 0, count);
  for (let part = 0; part < weights.length; part += 1) {
    const sentences = sentencesWith[part];
    if (!sentences) continue;
    const share = all === 0 ? 0 : weights[part]! / all;
    let before = -1;
    for (const at of sentences) {
      alone[at]! += share;
      withNext[at]! += share;
      if (at > 0 && before !== at - 1) withNext[at - 1]! += share;
      before = at;
    }
  }
  let [most, mostWithNext, mostOfBoth, nearness] = [0, 0, 0, near[0] ?? 0];
  for (let at = 0; at < count; at += 1) {
    const share = alone[at]!;
    const here = near[at]!;
    if (share > most || (share === most && here > nearness)) nearness = here;
    if (share > most) most = share;
    if (withNext[at]! > mostWithNext) mostWithNext = withNext[at]!;
    if (share + here > mostOfBoth) mostOfBoth = share + here;
  }
  return { alone: most, withNext: mostWithNext, nearness, both: mostOfBoth };
}

/** Where words of a question stand in a text, and in which stretch each was counted; used again and again, as the sums are. */
let standing = new Int32Array(256);
let countedFrom = new Int32Array(64);
/** A place and the number of a word as one number: a question has fewer words than 2 to the power of this. */
const bitsOfWord = 12;

/** The greatest share of the question's words, by their weights, that stand within reach of each other. */
function shareWithinReach(weights: number[], all: number, held: (Occurrences | undefined)[]): number {
  if (all === 0) return 0;
  let count = 0;
  for (let word = 0; word < held.length; word += 1) {
    const places = held[word]?.places;
    if (!places) continue;
    while (count + places.length > standing.length) standing = grown(standing);
    merge(count, places, word);
    count += places.length;
  }
  while (weights.length > countedFrom.length) countedFrom = grown(countedFrom);
  countedFrom.fill(-1, 0, weights.length);
  let greatest = 0;
  for (let first = 0; first < count; first += 1) {
    const end = ((standing[first]! >> bitsOfWord) + reach) << bitsOfWord;
    let share = 0;
    for (let at = first; at < count && standing[at]! < end; at += 1) {
      const word = standing[at]! & ((1 << bitsOfWord) - 1);
      if (countedFrom[word] === first) continue;
      countedFrom[word] = first;
      share += weights[word]!;
    }
    if (share > greatest) greatest = share;
  }
  return greatest / all;
}

/** Merges a word's places, which rise, into the `count` that stand there already. */
function merge(count: number, places: number[], word: number) {
  let from = count - 1;
  let to = count + places.length - 1;
  for (let at = places.length - 1; at >= 0; at -= 1) {
    const place = (places[at]! << bitsOfWord) | word;
    while (from >= 0 && standing[from]! > place) standing[to--] = standing[from--]!;
    standing[to--] = place;
  }
}

function grown(numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const more = new Int32Array(numbers.length * 2);
  more.set(numbers);
  return more;
}
