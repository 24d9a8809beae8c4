import type { NewDocument } from '../src/knowledge/port.ts';
import { joinVectors } from '../src/knowledge/vectors.ts';

export const dimension = 384;
export const passagesPerDocument = 100;
export const collection = 'bench';

const vectorsPerCluster = 100;
const clustersPerTopic = 100;
const vocabulary = 50_000;
/** The words that make up half of all English text; they get the first ranks, as in real text. */
const commonWords =
  `the of and to in a is that for it as was with be by on not he his but at are this have from or had an
  they which one you were all her she there would their we him been has when who will no more if out so what up said its
  about than into them can only other`.split(/\s+/);

/** Random numbers from 0 to 1 (exclusive), always the same for the same seeds (xorshift32 on a mixed seed). */
function createNumbers(...seeds: number[]): () => number {
  let state = 0x9e3779b9;
  for (const seed of seeds) {
    state = Math.imul(state ^ seed, 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    state ^= state >>> 16;
  }
  state ||= 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function normalise(vector: Float32Array): Float32Array {
  let square = 0;
  for (const value of vector) square += value * value;
  const scale = 1 / Math.sqrt(square);
  for (let at = 0; at < vector.length; at += 1) vector[at]! *= scale;
  return vector;
}

/** Adds a random direction of about length `weight`. */
function addDirection(vector: Float32Array, weight: number, numbers: () => number): void {
  const scale = weight * Math.sqrt(3 / dimension) * 2; // uniform numbers of variance 1/dimension
  for (let at = 0; at < dimension; at += 1) vector[at]! += (numbers() - 0.5) * scale;
}

function wordOf(rank: number): string {
  if (rank < commonWords.length) return commonWords[rank]!;
  const consonants = 'bdfgklmnprstvz';
  const vowels = 'aeiou';
  let word = '';
  for (let rest = rank; rest > 0 || word.length < 4; rest = Math.floor(rest / 70))
    word += consonants[rest % 14]! + vowels[Math.floor(rest / 14) % 5]!;
  return word;
}

export type Material = ReturnType<typeof createMaterial>;
export type Question = { question: string; vector: Float32Array };

/**
 * Pseudorandom passages, documents and questions, each determined by its number and the seed alone, so that any part of a million can be
 * made when it is needed. Vectors lie in clusters of a hundred (cosine about 0.67), and clusters in topics of a hundred (0.33); words
 * follow Zipf's law.
 */
export function createMaterial(size: number, seed = 1) {
  const clusters = Math.ceil(size / vectorsPerCluster);
  const centres = Array.from({ length: clusters }, (_, cluster) => {
    const centre = new Float32Array(dimension);
    addDirection(centre, 1, createNumbers(seed, 1, Math.floor(cluster / clustersPerTopic)));
    addDirection(centre, 1, createNumbers(seed, 2, cluster));
    return normalise(centre);
  });

  function vectorNear(numbers: () => number): Float32Array {
    const vector = centres[Math.floor(numbers() * clusters)]!.slice();
    addDirection(vector, 0.7, numbers);
    return normalise(vector);
  }

  function words(count: number, numbers: () => number): string {
    return Array.from({ length: count }, () => wordOf(Math.floor(vocabulary ** numbers()) - 1)).join(' ');
  }

  const textOf = (passage: number) => {
    const numbers = createNumbers(seed, 3, passage);
    return `p${passage} ${words(12 + Math.floor(numbers() * 13), numbers)}.`;
  };
  const vectorOf = (passage: number) => vectorNear(createNumbers(seed, 4, passage));

  return {
    size,
    textOf,
    vectorOf,
    /** A question that isn't one of the passages: a vector in some cluster, and nine words. */
    questionOf(number: number): Question {
      const numbers = createNumbers(seed, 5, number);
      return { vector: vectorNear(numbers), question: words(9, numbers) };
    },
    /** Document `number`, with the passages from `number` times `passagesPerDocument` on, each of one window. */
    documentOf(number: number): NewDocument {
      const first = number * passagesPerDocument;
      const count = Math.min(passagesPerDocument, size - first);
      const vectors = new Float32Array(count * dimension);
      let text = '';
      const passages = Array.from({ length: count }, (_, at) => {
        vectors.set(vectorOf(first + at), at * dimension);
        const start = text.length;
        text += textOf(first + at);
        const span = { start, end: text.length };
        text += '\n\n';
        return { ...span, headingPath: [], windows: [{ ...span, headingPath: [] }] };
      });
      const source = `d${number}`;
      return {
        collection,
        source,
        title: source,
        format: 'text',
        metadata: {},
        text,
        contentHash: `${source}-${seed}`,
        passages,
        vectors,
      };
    },
  };
}

/** A document with every `windows` of its passages made the windows of one passage. */
export function gathered({ passages, ...document }: NewDocument, windows: number): NewDocument {
  const groups = Array.from({ length: Math.ceil(passages.length / windows) }, (_, at) =>
    passages.slice(at * windows, (at + 1) * windows),
  );
  return {
    ...document,
    passages: groups.map((group) => ({
      start: group[0]!.start,
      end: group.at(-1)!.end,
      headingPath: [],
      windows: group.flatMap((each) => each.windows),
    })),
  };
}

/** Documents as one, which is as long as all of them. */
export function joined(documents: NewDocument[], source: string): NewDocument {
  const passages: NewDocument['passages'] = [];
  let text = '';
  for (const document of documents) {
    const moved = <Moved extends { start: number; end: number }>(span: Moved): Moved => ({
      ...span,
      start: span.start + text.length,
      end: span.end + text.length,
    });
    for (const passage of document.passages) passages.push({ ...moved(passage), windows: passage.windows.map(moved) });
    text += document.text;
  }
  const vectors = joinVectors(documents);
  return { ...documents[0]!, source, title: source, text, contentHash: source, passages, vectors };
}

/** The number of the passage with this text. */
export const passageOf = (text: string): number => Number(/^p(\d+) /.exec(text)?.[1]);
