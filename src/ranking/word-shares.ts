import type { Occurrences } from './read-text.ts';

/** Words of a question that stand within this many content words of each other belong together. */
const reach = 10;

export const sumOf = (weights: number[]) => weights.reduce((total, weight) => total + weight, 0);

/**
 * The share, by weight, of the question's parts that are held; 0 where there are none.
 * @param all the sum of the weights
 */
export function shareHeld(weights: number[], all: number, isHeld: (part: number) => boolean): number {
  if (all === 0) return 0;
  let met = 0;
  for (let part = 0; part < weights.length; part += 1) if (isHeld(part)) met += weights[part]!;
  return met / all;
}

/**
 * Sums by sentence, in buffers shared by all calls: a search reads hundreds of sentences, and nothing else runs
 * meanwhile.
 */
let alone = new Float64Array(64);
let withNext = new Float64Array(64);
/** The result of `readShares`: one object for all calls, since a search makes dozens. */
const shares = { alone: 0, withNext: 0, nearness: 0, both: 0 };

/**
 * Reads how the question's parts are spread over the sentences of a passage. `alone`: the greatest share of parts, by
 * weight, in one sentence; `withNext`: in one and the next; `nearness`: of the sentence that holds most (among equals,
 * the nearest); `both`: the greatest sum of a sentence's share and nearness.
 * @param all the sum of the weights
 * @param sentencesWith the numbers of the sentences that hold each part, in rising order
 * @param near the nearness of each of `count` sentences
 * @returns an object that the next call overwrites
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
    const share = weights[part]! / all;
    let before = -1; // none comes before the first
    for (const at of sentences) {
      alone[at]! += share;
      withNext[at]! += share;
      if (before !== at - 1) withNext[at - 1]! += share;
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

/**
 * The places of the question's words in a text, and for each word the stretch in which it was last counted; buffers
 * shared by all calls.
 */
let standing = new Int32Array(256);
let countedFrom = new Int32Array(64);
/**
 * A place and the number of a word are packed into one number, the word in this many bits: a question has fewer words
 * than these can count.
 */
const bitsOfWord = 12;

/**
 * The greatest share, by weight, of the question's words that stand within reach of each other.
 * @param all the sum of the weights
 */
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

/** Merges a word's places, in rising order, into the `count` that are in `standing` already. */
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
