import { remembering } from '../recent.ts';
import { splitSentences } from '../sentences.ts';
import { contentStems, readWords } from './words.ts';

/** Words that begin alike often mean the like: "proclaim", "proclamation". */
export const beginning = 5;

/** Where a stem occurs in a text, rising: its places among all telling words, and the sentences by their numbers. */
export type Occurrences = { places: number[]; sentences: number[] };

/** What a text is compared by, the same for every question: where its telling words are. */
export type ReadText = {
  /** How many telling words there are, repeated ones counted. */
  length: number;
  stems: ReadonlyMap<string, Occurrences>;
  /** Each two that follow each other. */
  pairs: ReadonlySet<string>;
  /** The sentences in which each beginning of a stem occurs. */
  sentencesBegun: ReadonlyMap<string, number[]>;
  /** Offsets in the text. */
  sentences: { start: number; end: number }[];
};

/** So many texts and titles are remembered: reading them is most of the work, and the same passages are found again and again. */
const rememberedTexts = 2_000;

/** The telling words of a title; a whole document has one. */
export const readTitle: (title: string) => ReadonlySet<string> = remembering(rememberedTexts, contentStems);

/** A passage's text as it is compared. */
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

/** Adds a number that is no smaller than the last, unless it is the last. */
function addOnce(rising: number[], number: number) {
  if (rising.at(-1) !== number) rising.push(number);
}
