import type { Occurrences } from './read-text.ts';

/** Words of a question that stand within so many telling words of each other are about one thing. */
const reach = 10;

export const sumOf = (weights: number[]) => weights.reduce((total, weight) => total + weight, 0);

/** The share of the question's parts that are held, by their weights, which sum to `all`; 0 where there are none. */
export function shareHeld(weights: number[], all: number, isHeld: (part: number) => boolean): number {
  if (all === 0) return 0;
  let met = 0;
  for (let part = 0; part < weights.length; part += 1) if (isHeld(part)) met += weights[part]!;
  return met / all;
}

/** Sums by sentence, used again and again: a search reads hundreds of sentences, and nothing else runs meanwhile. */
let alone = new Float64Array(64);
let withNext = new Float64Array(64);
/** What `readShares` gives back: one object for all calls, since a search makes dozens. */
const shares = { alone: 0, withNext: 0, nearness: 0, both: 0 };

/**
 * The greatest share of parts, by their weights, in a sentence, and in one with the one after it; how near the sentence is that holds
 * most (of equals the nearest); and the greatest sum of a sentence's share and its nearness.
 * @param sentencesWith the sentences that hold each part, rising
 * @param near the nearness of each of `count` sentences
 * @returns an object that the next call fills anew
 */
export function readShares(
  weights: number[],
  all: number,
  sentencesWith: (number[] | undefined)[],
  near: Float64Array,
  count: number,
): Readonly<typeof shares> {
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
  let [most, mostWithNext, mostOfBoth] = [0, 0, 0];
  let nearness = count > 0 ? near[0]! : 0;
  for (let at = 0; at < count; at += 1) {
    const share = alone[at]!;
    const here = near[at]!;
    if (share > most || (share === most && here > nearness)) nearness = here;
    if (share > most) most = share;
    if (withNext[at]! > mostWithNext) mostWithNext = withNext[at]!;
    if (share + here > mostOfBoth) mostOfBoth = share + here;
  }
  shares.alone = most;
  shares.withNext = mostWithNext;
  shares.nearness = nearness;
  shares.both = mostOfBoth;
  return shares;
}

/** Where words of a question stand in a text, and in which stretch each was counted; used again and again, as the sums are. */
let standing = new Int32Array(256);
let countedFrom = new Int32Array(64);
/** A place and the number of a word as one number: a question has fewer words than 2 to the power of this. */
const bitsOfWord = 12;

/** The greatest share of the question's words, by their weights, that stand within reach of each other. */
export function shareWithinReach(weights: number[], all: number, held: (Occurrences | undefined)[]): number {
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
