import { isNumber } from '../ranking/question-type.ts';
import { readWords, type Word } from '../ranking/words.ts';

/** What a question may ask for, and the units that its numbers have, at the beginning of what follows them. */
const measures = {
  money: {
    asked:
      /\bhow much\b.{0,80}\b(?:costs?|pays?|paid|earns?|earned|charges?|charged|spends?|spent|worth|sold)\b|\bwhat (?:do|does|did|will|would)\b.{0,80}\bcosts?\b|\bwhat (?:is|are|was|were) the (?:\p{L}+ )?(?:price|fee|salary|wage|rent|fare|cost)s?\b/iu,
    unit: /^(?:[\p{Sc}%]|(?:[A-Z]{3}|per ?cent)\b)/u,
  },
  length: {
    asked: /\bhow (?:tall|wide|thick|deep)\b|\bwhat (?:is|are|was|were) the (?:length|width|height|depth|diameter)\b/i,
    unit: /^(?:[kcmdnµ]?m|ft|yd|\p{L}*met(?:er|re)s?|feet|foot|inch(?:es)?|yards?|miles?)\b|^[″′"]/u,
  },
  weight: {
    asked:
      /\bhow heavy\b|\b(?:how much|what (?:do|does|did))\b.{0,80}\bweighs?\b|\bwhat (?:is|are|was|were) the weight\b/i,
    unit: /^(?:k?g|mg|lbs?|oz|\p{L}*gram(?:me)?s?|kilos?|pounds?|ounces?|tons?|tonnes?)\b/u,
  },
};
/** Units of what no such question asks for. */
const otherUnit =
  /^(?:°|(?:m?s|min|h|m?l|[kKMGT]i?B|k?[WVA]|\p{L}*seconds?|(?:minute|hour|day|night|week|month|year|decade)s?|lit(?:er|re)s?|degrees?|amperes?|volts?|watts?)\b)/u;
const money =
  /\p{Sc}|\b(?:euros?|dollars?|pounds?|cents?|pence|francs?|yen|yuan|rupees?|[mb]illions?|free|gratis|waived|included|nothing|costs?)\b/iu;
const pays = /\b(?:prices?|fees?|pays?|paid|charges?|charged|earns?|earned|salary|wages?|rents?|fares?|sold|worth)\b/i;
const year = /^(?:1[5-9]|20)\d\d$/;

/**
 * Whether a question asks for a price, a length or a weight, and none of the texts gives one: if they have numbers, these
 * are of other measures. A number without a known unit may be what is asked for, but a price only beside a word such as
 * "pays".
 */
export function lacksMeasure(question: string, texts: string[]): boolean {
  const wanted = Object.values(measures).find(({ asked }) => asked.test(question));
  if (!wanted) return false;
  const said = new Set(readWords(question).map(({ stem }) => stem));
  const isMoney = wanted === measures.money;
  const units = [otherUnit, ...Object.values(measures).map(({ unit }) => unit)];
  return !texts.some((text) => {
    if (isMoney && money.test(text)) return true;
    const mayBeBare = !isMoney || pays.test(text);
    return readWords(text).some((word) => {
      if (!isNumber(word)) return false;
      const after = afterNumber(word, text);
      if (wanted.unit.test(after)) return true;
      const isBare = !year.test(word.text) && !said.has(word.stem) && !units.some((unit) => unit.test(after));
      return mayBeBare && isBare;
    });
  });
}

/** How far to look for a unit, in UTF-16 code units. */
const unitWithin = 60;

/** What follows a number; of "2–3 days" or "two to three days", what follows the last. */
function afterNumber({ start, text: number }: Word, text: string): string {
  const after = text.slice(start + number.length, start + number.length + unitWithin);
  return after.replace(/^\s?(?:-|–|to|or|and)\s?[\p{N}.,]+|^\s(?:to|or) \p{L}+ /u, '').replace(/^[\s-]+/, '');
}
