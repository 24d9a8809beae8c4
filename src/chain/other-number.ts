import type { FoundPassage } from '../passage.ts';
import { isMonth, isNumber } from '../ranking/question-type.ts';
import { readWords, type Word } from '../ranking/words.ts';

/** Not "the 1700s": of those any of their years may speak. */
const year = /^(?:1\d|20)\d\d$/;
const manyYears = /^['’]?s\b/;
/** What stands before a number that is a year, besides months: a number alone may count anything ("1500 pages"). */
const beforeYear =
  /^(?:in|since|during|before|after|until|till|early|mid|late|year|spring|summer|autumn|fall|winter)$/i;
/** Around a number that stands for others as well: "from version 10", "Node 20 or later", "steps 3–7". */
const beforeRange = /\b(?:from|since|least|most|until|up to|than|between)\s+$/i;
const inRange =
  /^\s{0,3}(?:\+|[-–]\s?\p{N}|(?:to|until|through|onwards?)\b|(?:or|and)\s+(?:later|newer|higher|above|up|more|earlier|older|lower|below|less|fewer)\b)/iu;
/** How far to look for such words, in UTF-16 code units. */
const around = 20;

/**
 * Whether a question names a thing by a number that the context gives to other things of that name alone: the "Bike 300"
 * where there are a "Bike 100" and a "Bike 200", or a year before the first one that the context mentions. Such a context
 * seems to answer, since it holds all other words of the question. A number of a range, or one that is a part of the
 * other ("version 4" and "version 4.2"), tells nothing.
 */
export function namesOtherNumber(question: string, context: FoundPassage[]): boolean {
  if (!/\p{N}/u.test(question)) return false;
  const asked = readWords(question);
  const found = context
    .flatMap(({ title, source, text }) => [title, source, text])
    .map((text) => ({ text, words: readWords(text) }));
  const numbered = Map.groupBy(found.flatMap(numbersIn), ({ name }) => name.stem);
  const known = new Map<string, Numbers>();
  const said = new Set(found.flatMap(({ words }) => words.map(({ stem }) => stem)));
  const years = found.flatMap(({ words }) => words.filter(({ text }) => year.test(text)));
  const firstYear = Math.min(...years.map(({ stem }) => Number(stem)));
  return asked.some((number, at) => {
    if (!/^\p{N}/u.test(number.text) || said.has(number.stem)) return false;
    const after = question.slice(number.start + number.text.length);
    const name = asked[at - 1];
    const isYear = year.test(number.text) && !manyYears.test(after) && isUsedAsYear(name, asked[at + 1]);
    if (isYear && years.length > 0 && Number(number.stem) < firstYear) return true;
    if (!name || name.common || isNumber(name) || isMonth(name)) return false;
    // A question may repeat a name a thousand times.
    const isWritten = isWrittenAsName(name);
    const others = known.getOrInsertComputed(`${isWritten} ${name.stem}`, () =>
      readNumbers((numbered.get(name.stem) ?? []).filter((each) => isWritten || isWrittenAsName(each.name))),
    );
    return others.count > 0 && !others.mayBe(number.stem);
  });
}

/** Whether a number is a year by the words before and after it: not in "after 1500 calls". */
const isUsedAsYear = (before: Word | undefined, after: Word | undefined) =>
  before !== undefined &&
  (isMonth(before) || (beforeYear.test(before.text) && (after === undefined || after.common || isMonth(after))));

const isWrittenAsName = ({ text }: Word) => /^\p{Lu}/u.test(text);

/** A number that follows a name in a text. */
type Numbered = { text: string; name: Word; number: Word };

const numbersIn = ({ text, words }: { text: string; words: Word[] }): Numbered[] =>
  words.flatMap((number, at) => {
    const name = words[at - 1];
    return name && isNumber(number) ? [{ text, name, number }] : [];
  });

/** The numbers that a context gives to things of one name: how many, and whether one of them may mean a number that is asked for. */
type Numbers = { count: number; mayBe(asked: string): boolean };

function readNumbers(found: Numbered[]): Numbers {
  const stems = new Set(found.map(({ number }) => number.stem));
  const parts = new Set([...stems].flatMap(partsOf));
  const isOpen = found.some(isOfRange);
  return {
    count: found.length,
    mayBe: (asked) => isOpen || parts.has(asked) || partsOf(asked).some((part) => stems.has(part)),
  };
}

/** A number and what it is a part of: "4.2.1", "4.2" and "4". */
const partsOf = (number: string): string[] => number.split('.').map((_, at, all) => all.slice(0, at + 1).join('.'));

/** Whether a number stands for others as well. */
function isOfRange({ text, name, number }: Numbered): boolean {
  const before = text.slice(Math.max(0, name.start - around), name.start);
  const end = number.start + number.text.length;
  return beforeRange.test(before) || inRange.test(text.slice(end, end + around));
}
