import type { FoundPassage } from '../passage.ts';
import { isNumber } from '../ranking/question-type.ts';
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
    if (isNamedWhole || one.title.intersection(title).isDisjointFrom(words)) return false;
    const isWhole = title.isSubsetOf(words);
    const named = asked.filter((word, at) => {
      const isBeside = [asked[at - 1], asked[at + 1]].some((next) => next && title.has(next.stem));
      return isBeside && title.has(word.stem) && !one.title.has(word.stem) && (isWhole || isWrittenAsName(word));
    });
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

const isWrittenAsName = ({ start, text }: Word) => start > 0 && /^[\p{Lu}\p{N}]/u.test(text);
/** Common words tell nothing, except numbers, which may be part of a name: "One". */
const contentWords = (text: string) => readWords(text).filter((word) => !word.common || isNumber(word));
const stemsOf = (words: Word[]) => new Set(words.map(({ stem }) => stem));
