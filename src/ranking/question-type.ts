import { readWords, type Word } from './words.ts';

/** The kinds of things that a question may ask for, as far as its words tell. */
export const questionTypes = ['number', 'time', 'person', 'place', 'reason', 'other'] as const;
export type QuestionType = (typeof questionTypes)[number];

const which = String.raw`\b(?:what|which)(?:\s+\S+){0,2}?\s+`;
const asking = (words: string) =>
  String.raw`(?:^|[,;:]\s*|\b(?:and|or|but|by|to|for|with|from|of|since|until)\s+)(?:${words})\b`;
const patterns: [QuestionType, RegExp][] = [
  ['number', /\bhow (?:many|much|long(?! ago)|far|old|large|big|wide|tall|high|deep|heavy|often|fast|small|strong)\b/],
  ['time', new RegExp(`${asking('when')}|\\bhow (?:long ago|recently)\\b`)],
  ['time', new RegExp(`${which}(?:years?|century|centuries|decades?|dates?|days?|months?|periods?|era|time)\\b`)],
  [
    'number',
    new RegExp(
      `${which}(?:numbers?|percent(?:age)?|share|proportion|rate|fraction|ratio|values?|amounts?|size|sizes|age|score|` +
        'threshold|population|length|height|width|distance|price|cost|temperature|limit|speed|weight)\\b',
    ),
  ],
  ['person', new RegExp(asking('who|whom'))],
  [
    'person',
    new RegExp(`${which}(?:person|people|man|woman|king|queen|president|author|scientist|leader|philosopher)\\b`),
  ],
  ['place', new RegExp(asking('where'))],
  [
    'place',
    new RegExp(
      `${which}(?:country|countries|city|cities|town|place|region|state|river|continent|area|island|building)\\b`,
    ),
  ],
  ['reason', /\bwhy\b|\bfor what (?:reason|purpose)\b|\bwhat (?:caused?|causes|reasons?)\b/],
];

/** What a question asks for, by its question words; English only. */
export function questionTypeOf(question: string): QuestionType {
  const lower = question.slice(0, 4000).trim().toLowerCase();
  return patterns.find(([, pattern]) => pattern.test(lower))?.[0] ?? 'other';
}

export const monthNames = 'january february march april may june july august september october november december'.split(
  ' ',
);
const months = new RegExp(`^(?:${monthNames.join('|')})$`, 'i');
export const isMonth = ({ text }: Pick<Word, 'text'>) => months.test(text);
const timeWords =
  /^(?:centur(?:y|ies)|decades?|years?|months?|weeks?|days?|hours?|minutes?|monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|daily|weekly|monthly|yearly|annually|spring|summer|autumn|winter)$/i;
const placeWords = /\b(?:in|at|near|from|on|into|across|outside|inside|to|between)\s+(?:the\s+)?\p{Lu}/u;
const reasonWords =
  /\b(?:because|since|so that|in order to|due to|owing to|as a result|therefore|thus|hence|causes?|caused|reason|leads? to|led to|to avoid|to prevent|allows?|makes?|so)\b/i;

export const isNumber = ({ stem }: Word) => /^\p{N}/u.test(stem);

/** The stems of all words of a question, common ones too. */
export const stemsSaid = (question: string): ReadonlySet<string> =>
  new Set(readWords(question).map(({ stem }) => stem));

/**
 * Whether a text holds something of a type (a number, a time, a name …) besides what the question itself says.
 * @param asked the `stemsSaid` of the question
 */
export function holdsType(type: QuestionType, text: string, asked: ReadonlySet<string>): boolean {
  const words = readWords(text).filter(({ stem }) => !asked.has(stem));
  switch (type) {
    case 'number':
      return words.some(isNumber) || /\b(?:half|twice|double|both|none|several|once|third|quarter)\b/i.test(text);
    case 'time':
      return words.some((word) => isNumber(word) || isMonth(word) || timeWords.test(word.text));
    case 'person':
      return words.some((word) => isName(word, text));
    case 'place':
      return words.some((word) => isName(word, text)) || placeWords.test(text);
    case 'reason':
      return reasonWords.test(text);
    default:
      return true;
  }
}

/**
 * Whether a word of a question names something: a content word that is a number, or has a capital and is not the first.
 */
export const namesSomething = (word: Word) =>
  !word.common && (isNumber(word) || (word.start > 0 && /^\p{Lu}/u.test(word.text)));

/** The names and numbers in a question. */
export const namesIn = (question: string): Word[] => readWords(question).filter(namesSomething);

/** Whether a word of a text is a name: a content word with a capital that doesn't merely begin a sentence. */
export function isName({ text: word, start, common }: Word, text: string): boolean {
  if (common || !/^\p{Lu}/u.test(word)) return false;
  if (/^\p{Lu}.*\p{Lu}/u.test(word)) return true;
  return /[^\s.!?:"“(‘-]["“(‘]?\s*$/.test(text.slice(Math.max(0, start - 4), start)) || start === 0;
}

/**
 * What is asked for by name: the stems of the words after "which", "what" or "how many", as "learning rate" in "What
 * learning rate was used?". Empty where the question names nothing.
 */
export function focusStems(question: string): Set<string> {
  const words = readWords(question);
  const asking = words.findIndex(({ text }) => /^(?:which|what|whose|many|much)$/i.test(text));
  const focus = new Set<string>();
  if (asking < 0) return focus;
  let at = asking + 1;
  // "What is the capital of …", "Which of the classes …": the name comes after a few common words.
  while (at < words.length && at < asking + 5 && words[at]!.common) at += 1;
  for (; at < words.length && focus.size < 3 && !words[at]!.common; at += 1) focus.add(words[at]!.stem);
  return focus;
}
