import { remembering } from '../recent.ts';
import { splitSentences } from '../sentences.ts';
import { contentStems, readWords } from './words.ts';

/**
 * How many letters of a word are its beginning; words that begin alike often mean the like: "proclaim", "proclamation".
 */
export const beginning = 5;

/**
 * Where a stem occurs in a text, in rising order: its places among all content words, and the numbers of the sentences.
 */
export type Occurrences = { places: number[]; sentences: number[] };

/** A text, read for comparison with any question: where its content words are. */
export type ReadText = {
  /** How many content words there are, repeated ones counted. */
  length: number;
  stems: ReadonlyMap<string, Occurrences>;
  /** Each two neighbouring stems, with a space between. */
  pairs: ReadonlySet<string>;
  /** The numbers of the sentences in which each beginning of a stem occurs, in rising order. */
  sentencesBegun: ReadonlyMap<string, number[]>;
  /** Offsets in the text. */
  sentences: { start: number; end: number }[];
};

/**
 * How many texts and titles are remembered: reading them is most of the work, and the same passages are found again and
 * again.
 */
const rememberedTexts = 2_000;

/** The stems of the content words of a title, which all passages of a document share. */
export const readTitle: (title: string) => ReadonlySet<string> = remembering(rememberedTexts, contentStems);

/** Reads the text of a passage for comparison. */
export const readText: (text: string) => ReadText = remembering(rememberedTexts, (text) => {
  const sentences = splitSentences(text).map(({ start, end }) => {
    const stems = readWords(text.slice(start, end)).flatMap(({ stem, common }) => (common ? [] : [stem]));
    return { start, end, stems };
  });
  const inOrder = sentences.flatMap((sentence) => sentence.stems);
  const stems = new Map<string, Occurrences>();
  const sentencesBegun = new Map<string, number[]>();
  let place = 0;
  for (const [at, sentence] of sentences.entries())
    for (const stem of sentence.stems) {
      const occurrences = stems.getOrInsertComputed(stem, () => ({ places: [], sentences: [] }));
      occurrences.places.push(place++);
      addOnce(occurrences.sentences, at);
      addOnce(
        sentencesBegun.getOrInsertComputed(stem.slice(0, beginning), () => []),
        at,
      );
    }
  return {
    length: inOrder.length,
    stems,
    pairs: new Set(inOrder.slice(1).map((stem, at) => `${inOrder[at]} ${stem}`)),
    sentencesBegun,
    sentences: sentences.map(({ start, end }) => ({ start, end })),
  };
});

/** Adds a number to rising ones, unless it is the last already. */
function addOnce(rising: number[], number: number) {
  if (rising.at(-1) !== number) rising.push(number);
}
