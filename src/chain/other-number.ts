import type { FoundPassage } from '../passage.ts';
import { isNumber, monthNames } from '../ranking/question-type.ts';
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

const isMonth = ({ text }: Word) => monthNames.includes(text.toLowerCase());

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
    const others = found.flatMap((each) => numbersAfter(name, each));
    return others.length > 0 && !others.some((other) => mayMean(number, other));
  });
}

/** Whether a number is a year by the words before and after it: not in "after 1500 calls". */
const isUsedAsYear = (before: Word | undefined, after: Word | undefined) =>
  before !== undefined &&
  (isMonth(before) || (beforeYear.test(before.text) && (after === undefined || after.common || isMonth(after))));

type Numbered = { text: string; name: Word; number: Word };

/** The numbers that follow a name in a text, where it is written as a name there or in the question. */
function numbersAfter(asked: Word, { text, words }: { text: string; words: Word[] }): Numbered[] {
  return words.flatMap((number, at) => {
    const name = words[at - 1];
    const isNamed = name?.stem === asked.stem && [name, asked].some((word) => /^\p{Lu}/u.test(word.text));
    return isNamed && isNumber(number) ? [{ text, name, number }] : [];
  });
}

/** Whether a number in the context may stand for the one that is asked for. */
function mayMean({ stem: asked }: Word, { text, name, number }: Numbered): boolean {
  const isPart = `${asked}.`.startsWith(`${number.stem}.`) || `${number.stem}.`.startsWith(`${asked}.`);
  const before = text.slice(Math.max(0, name.start - around), name.start);
  const end = number.start + number.text.length;
  return isPart || beforeRange.test(before) || inRange.test(text.slice(end, end + around));
}
