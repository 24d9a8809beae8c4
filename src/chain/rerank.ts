import type { FoundPassage } from '../passage.ts';
import { splitSentences } from '../sentences.ts';
import { namesIn } from './question-type.ts';
import { relativeTo } from './rank-sentences.ts';
import weights from './rerank-weights.json' with { type: 'json' };
import { contentStems, rarityIn, readWords, weightedShare } from './words.ts';

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

const trained = rerankFeatures.map((name) => weights.features[name]);

/** Words of a question that stand within so many telling words of each other are about one thing. */
const reach = 10;
/** Words that begin alike often mean the like: "proclaim", "proclamation". */
const beginning = 5;

/** What a text is compared by, the same for every question. */
type ReadText = {
  /** Telling words in order. */
  stems: string[];
  all: ReadonlySet<string>;
  /** Each two that follow each other. */
  pairs: ReadonlySet<string>;
  /** Offsets in the text, the telling words, and how they begin. */
  sentences: { start: number; end: number; stems: ReadonlySet<string>; beginnings: ReadonlySet<string> }[];
};

/** Texts read before: reading them is most of the work, and the same passages are found again and again. Bounded. */
const remembered = new Map<string, ReadText>();
const rememberedTexts = 1_000;

/**
 * Puts the passages that a search found into the order in which they are likely to answer: its own score, nearness of the
 * windows, and the question's words, weighted by their rarity among these passages: how many are in the passage, in a sentence or
 * two of it, near each other, in the question's order. Scores are relative to the best: a linear model, trained so that the
 * passage that answers is the likeliest (ListNet: Cao et al., "Learning to Rank", 2007).
 * @param found best first, with the scores of the search
 * @param topK how many to give back
 * @returns best first, ranked from 1; `score` is 1 for the best, and falls with the odds against a passage
 */
export function rerank(
  question: string,
  found: FoundPassage[],
  topK: number,
  featureWeights = trained,
): FoundPassage[] {
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
export function featuresOfPassages(question: string, found: FoundPassage[]): number[][] {
  const asked = readWords(question).flatMap(({ stem, common }) => (common ? [] : [stem]));
  const wanted = new Set(asked);
  const names = namesIn(question).map(({ stem }) => stem);
  const read = found.map(({ title, text, windows }) => ({
    ...readText(text),
    title: contentStems(title),
    similarities: windows.map(({ similarity }) => similarity).sort((one, other) => other - one),
  }));
  const rarity = rarityIn(read.flatMap(({ sentences }) => sentences.map(({ stems }) => stems)));
  const beginnings = [...wanted].map((stem) => ({ part: stem.slice(0, beginning), weight: rarity(stem) }));
  const pairs = asked.slice(1).map((stem, at) => {
    const before = asked[at]!;
    return { part: `${before} ${stem}`, weight: rarity(before) + rarity(stem) };
  });
  const nearest = relativeTo(read.map(({ similarities }) => similarities[0] ?? 0));

  return read.map((each, at): number[] => {
    const { stems, all, sentences, title, similarities } = each;
    const [first = 0, second = first, third = second] = similarities;
    const share = (...pools: ReadonlySet<string>[]) => weightedShare(wanted, pools, rarity);
    const placed = sentences.map((sentence, place) => {
      const next = sentences[place + 1];
      return {
        alone: share(sentence.stems),
        withNext: next ? share(sentence.stems, next.stems) : share(sentence.stems),
        begun: shareHeld(beginnings, next ? [sentence.beginnings, next.beginnings] : [sentence.beginnings]),
        similarity: nearest(similarityAt(found[at]!, sentence) ?? first),
      };
    });
    const greatest = (value: (each: (typeof placed)[number]) => number) => Math.max(0, ...placed.map(value));
    const withWords = placed.toSorted((one, other) => other.alone - one.alone || other.similarity - one.similarity)[0];
    return [
      found[at]!.score,
      nearest(first),
      nearest(second),
      nearest((first + second + third) / 3),
      share(all, title),
      greatest(({ alone }) => alone),
      greatest(({ withNext }) => withNext),
      shareWithinReach(stems, wanted, rarity),
      greatest(({ begun }) => begun),
      shareHeld(pairs, [each.pairs]),
      withWords?.similarity ?? 0,
      greatest(({ alone, similarity }) => alone + similarity),
      Math.min(3, names.filter((stem) => !all.has(stem) && !title.has(stem)).length),
      Math.log(1 + stems.length),
    ];
  });
}

function readText(text: string): ReadText {
  let read = remembered.get(text);
  if (read) return read;
  const sentences = splitSentences(text).map(({ start, end }) => {
    const stems = readWords(text.slice(start, end)).flatMap(({ stem, common }) => (common ? [] : [stem]));
    return { start, end, stems };
  });
  const stems = sentences.flatMap((sentence) => sentence.stems);
  read = {
    stems,
    all: new Set(stems),
    pairs: new Set(stems.slice(1).map((stem, at) => `${stems[at]} ${stem}`)),
    sentences: sentences.map((sentence) => ({
      ...sentence,
      stems: new Set(sentence.stems),
      beginnings: new Set(sentence.stems.map((stem) => stem.slice(0, beginning))),
    })),
  };
  if (remembered.size >= rememberedTexts) remembered.delete(remembered.keys().next().value!);
  remembered.set(text, read);
  return read;
}

/** The similarity of the nearest window that a sentence of the passage is in. */
function similarityAt(passage: FoundPassage, { start, end }: { start: number; end: number }): number | undefined {
  const from = passage.start + start;
  const to = passage.start + end;
  const holding = passage.windows.filter((window) => window.start < to && from < window.end);
  return holding.length === 0 ? undefined : Math.max(...holding.map(({ similarity }) => similarity));
}

/** The share of parts, by their weight, that are in one of the pools; 0 where there are none. */
function shareHeld(parts: { part: string; weight: number }[], pools: ReadonlySet<string>[]): number {
  const sum = (some: typeof parts) => some.reduce((total, { weight }) => total + weight, 0);
  const all = sum(parts);
  return all === 0 ? 0 : sum(parts.filter(({ part }) => pools.some((pool) => pool.has(part)))) / all;
}

/** The greatest share of the question's words, by rarity, that stand within reach of each other. */
function shareWithinReach(stems: string[], wanted: ReadonlySet<string>, rarity: (stem: string) => number): number {
  const places = stems.flatMap((stem, at) => (wanted.has(stem) ? [at] : []));
  const shares = places.map((from) => {
    const near = new Set(places.filter((at) => at >= from && at < from + reach).map((at) => stems[at]!));
    return weightedShare(wanted, [near], rarity);
  });
  return Math.max(0, ...shares);
}
