import { splitSentences } from '../sentences.ts';
import { contentStems, readWords } from './words.ts';

/** Words that begin alike often mean the like: "proclaim", "proclamation". */
export const beginning = 5;

/** What a text is compared by, the same for every question: where its telling words are. */
export type ReadText = {
  /** How many telling words there are, repeated ones counted. */
  length: number;
  /** The places of each stem among them, rising. */
  places: ReadonlyMap<string, number[]>;
  /** Each two that follow each other. */
  pairs: ReadonlySet<string>;
  /** The sentences, by number, in which each stem and each beginning of a stem occurs, rising. */
  sentencesWith: ReadonlyMap<string, number[]>;
  sentencesBegun: ReadonlyMap<string, number[]>;
  /** Offsets in the text. */
  sentences: { start: number; end: number }[];
};

/** Texts read before: reading them is most of the work, and the same passages are found again and again. Bounded. */
const remembered = new Map<string, ReadText>();
const rememberedTexts = 1_000;

/** The telling words of titles read before; a whole document has one. */
const rememberedTitles = new Map<string, ReadonlySet<string>>();

/** The telling words of a title. */
export function readTitle(title: string): ReadonlySet<string> {
  let stems = rememberedTitles.get(title);
  if (stems) return stems;
  stems = contentStems(title);
  if (rememberedTitles.size >= rememberedTexts) rememberedTitles.clear();
  rememberedTitles.set(title, stems);
  return stems;
}

/** A passage's text, read once for as long as it is remembered. */
export function readText(text: string): ReadText {
  let read = remembered.get(text);
  if (read) return read;
  const sentences = splitSentences(text).map(({ start, end }) => {
    const stems = readWords(text.slice(start, end)).flatMap(({ stem, common }) => (common ? [] : [stem]));
    return { start, end, stems };
  });
  const stems = sentences.flatMap((sentence) => sentence.stems);
  const bySentence = (partOf: (stem: string) => string) =>
    placesOf(sentences.flatMap((sentence, at) => [...new Set(sentence.stems.map(partOf))].map((part) => [part, at])));
  read = {
    length: stems.length,
    places: placesOf(stems.map((stem, at) => [stem, at])),
    pairs: new Set(stems.slice(1).map((stem, at) => `${stems[at]} ${stem}`)),
    sentencesWith: bySentence((stem) => stem),
    sentencesBegun: bySentence((stem) => stem.slice(0, beginning)),
    sentences: sentences.map(({ start, end }) => ({ start, end })),
  };
  if (remembered.size >= rememberedTexts) remembered.delete(remembered.keys().next().value!);
  remembered.set(text, read);
  return read;
}

function placesOf(parts: [part: string, place: number][]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [part, place] of parts) {
    const known = places.get(part);
    if (known) known.push(place);
    else places.set(part, [place]);
  }
  return places;
}
