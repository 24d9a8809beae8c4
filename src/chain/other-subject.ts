import type { FoundPassage } from '../passage.ts';
import { isNumber, monthNames } from '../ranking/question-type.ts';
import { contentStems, readWords, type Word } from '../ranking/words.ts';

/** A document of a context: its passages, and the stems of the content words of its title. */
type ContextDocument = { id: string; passages: FoundPassage[]; title: ReadonlySet<string> };

/**
 * Leaves out documents about another thing that is much alike: "Falcon One" where the question names the "Falcon Pro",
 * and "Pro" stands nowhere in what was found of the former. By its words such a document answers every question about
 * the other as well as its own.
 *
 * A document is left out only on account of another document of the context. The two titles must share a word of the
 * question, and the question must name the other by a word that the document lacks: a word of the other's title, next
 * to another such word in the question, and written as a name unless the question holds the whole of that title. A
 * document whose own title stands whole in the question, and is not just a part of the other's, stays.
 *
 * Documents whose titles differ in numbers and months alone are editions of one, such as "Prices 2023" and "Prices 2025".
 * If the question names one by its year or month, or by a number next to another word of its title, the others are left
 * out though they mention it ("replaced by the prices of 2025").
 * @returns `left`: the passages to look at, or all of them if none would be left; `isOfOthersAlone`: whether what the
 * question asks, apart from its subject, stands in none of these but in those left out
 */
export function withoutOtherSubjects(question: string, context: FoundPassage[]) {
  const asked = contentWords(question);
  const words = stemsOf(asked);
  const found = [...Map.groupBy(context, ({ documentId }) => documentId)].map(
    ([id, passages]): ContextDocument => ({ id, passages, title: stemsOf(contentWords(passages[0]!.title)) }),
  );
  const isAnother = (one: ContextDocument, { title }: ContextDocument) => {
    const isNamedWhole = one.title.isSubsetOf(words) && !one.title.isSubsetOf(title);
    if (isNamedWhole) return false;
    if (isOtherEdition(one.title, title, asked)) return true;
    if (one.title.intersection(title).isDisjointFrom(words)) return false;
    const isWhole = title.isSubsetOf(words);
    const named = asked.filter(
      (word, at) =>
        isBesideOneOf(title, asked, at) &&
        title.has(word.stem) &&
        !one.title.has(word.stem) &&
        (isWhole || isWrittenAsName(word)),
    );
    if (named.length === 0) return false;
    const said = stemsOf(one.passages.flatMap(({ source, text }) => [source, text].flatMap(contentWords)));
    return named.some(({ stem }) => !said.has(stem));
  };
  const others = new Set(found.flatMap((one) => (found.some((each) => isAnother(one, each)) ? [one.id] : [])));
  const left = context.filter(({ documentId }) => !others.has(documentId));
  if (left.length === context.length || left.length === 0) return { left: context, isOfOthersAlone: false };
  const subject = contentStems(left.map(({ title }) => title).join('\n'));
  const asksOfSubject = contentStems(question).difference(subject);
  const isIn = (passages: FoundPassage[]) =>
    passages.some(({ text }) => !asksOfSubject.isDisjointFrom(contentStems(text)));
  return { left, isOfOthersAlone: isIn(context) && !isIn(left) };
}

/** Whether a document with one title is another edition of the one that the question names, which has the other title. */
function isOtherEdition(one: ReadonlySet<string>, other: ReadonlySet<string>, asked: Word[]): boolean {
  const differing = one.symmetricDifference(other);
  if (one.isSubsetOf(other) || other.isSubsetOf(one) || one.isDisjointFrom(other)) return false;
  if (![...differing].every(isOfEdition)) return false;
  const names = (title: ReadonlySet<string>) =>
    asked.some(
      ({ stem }, at) =>
        differing.has(stem) &&
        title.has(stem) &&
        (isYear.test(stem) || monthStems.has(stem) || isBesideOneOf(title, asked, at)),
    );
  return names(other) && !names(one);
}

/** Whether the word before or after one of the question is of a title. */
const isBesideOneOf = (title: ReadonlySet<string>, asked: Word[], at: number) =>
  [asked[at - 1], asked[at + 1]].some((next) => next && title.has(next.stem));

const isYear = /^(?:19|20)\d\d$/;
const monthStems = new Set(monthNames.flatMap((month) => [...contentStems(month)]));
const isOfEdition = (stem: string) => /^\p{N}/u.test(stem) || monthStems.has(stem);

const isWrittenAsName = ({ start, text }: Word) => start > 0 && /^[\p{Lu}\p{N}]/u.test(text);
/** Common words tell nothing, except numbers, which may be part of a name: "One". */
const contentWords = (text: string) => readWords(text).filter((word) => !word.common || isNumber(word));
const stemsOf = (words: Word[]) => new Set(words.map(({ stem }) => stem));
