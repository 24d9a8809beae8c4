import type { FoundPassage } from '../passage.ts';
import { isNumber } from '../ranking/question-type.ts';
import { contentStems, readWords, type Word } from '../ranking/words.ts';

/** A document of a context: its passages, and the telling words of its title. */
type Found = { id: string; passages: FoundPassage[]; title: ReadonlySet<string> };

/**
 * Leaves out what is about another thing than the one that is asked about, though much alike: "Falcon One" where the question names the
 * "Falcon Pro", and "Pro" stands nowhere in what was found of the former. By its words such a document answers every question
 * about the other as well as its own. It takes another document of the context whose title shares a word of the question with its own, and
 * holds one that it lacks, which the question puts beside others of that title: as a name, or where it holds all of them. What the
 * question names whole stays.
 * @returns `left`: the passages to look at, all where nothing would be left; `isOfOthersAlone`: whether what the question asks of its
 * subject stands in none of them, but in those left out
 */
export function withoutOtherSubjects(question: string, context: FoundPassage[]) {
  const asked = tellingWords(question);
  const words = stemsOf(asked);
  const found = [...Map.groupBy(context, ({ documentId }) => documentId)].map(
    ([id, passages]): Found => ({ id, passages, title: stemsOf(tellingWords(passages[0]!.title)) }),
  );
  const isAnother = (one: Found, { title }: Found) => {
    const isNamedWhole = one.title.isSubsetOf(words) && !one.title.isSubsetOf(title);
    if (isNamedWhole || one.title.intersection(title).isDisjointFrom(words)) return false;
    const isWhole = title.isSubsetOf(words);
    const named = asked.filter((word, at) => {
      const isBeside = [asked[at - 1], asked[at + 1]].some((next) => next && title.has(next.stem));
      return isBeside && title.has(word.stem) && !one.title.has(word.stem) && (isWhole || isWrittenAsName(word));
    });
    if (named.length === 0) return false;
    const said = stemsOf(one.passages.flatMap(({ source, text }) => [source, text].flatMap(tellingWords)));
    return named.some(({ stem }) => !said.has(stem));
  };
  const others = new Set(found.flatMap((one) => (found.some((each) => isAnother(one, each)) ? [one.id] : [])));
  const [out, left] = [true, false].map((is) => context.filter(({ documentId }) => others.has(documentId) === is));
  if (out!.length === 0 || left!.length === 0) return { left: context, isOfOthersAlone: false };
  const titled = contentStems(left!.map(({ title }) => title).join('\n'));
  const askedOfIt = contentStems(question).difference(titled);
  const isIn = (passages: FoundPassage[]) => passages.some(({ text }) => !askedOfIt.isDisjointFrom(contentStems(text)));
  return { left: left!, isOfOthersAlone: isIn(out!) && !isIn(left!) };
}

const isWrittenAsName = ({ start, text }: Word) => start > 0 && /^[\p{Lu}\p{N}]/u.test(text);
/** Common words tell nothing, but for numbers, which names may hold: "One". */
const tellingWords = (text: string) => readWords(text).filter((word) => !word.common || isNumber(word));
const stemsOf = (words: Word[]) => new Set(words.map(({ stem }) => stem));
