import { isNumber } from '../ranking/question-type.ts';
import { readWords, type Word } from '../ranking/words.ts';

const units = {
  currency: /^(?:\p{Sc}|(?:[A-Z]{3}|kr|zł|Kč)(?!\p{L}))/u,
  length: /^(?:[kcmdnµ]?m|ft|yd|\p{L}*met(?:er|re)s?|feet|foot|inch(?:es)?|yards?|miles?)\b|^[″′"]/u,
  weight: /^(?:k?g|mg|lbs?|oz|\p{L}*gram(?:me)?s?|kilos?|pounds?|ounces?|tons?|tonnes?)\b/u,
  duration: /^(?:m?s|min|h|\p{L}*seconds?|(?:minute|hour|day|night|week|month|year|decade)s?)\b/u,
  other: /^(?:°|(?:m?l|[kKMGT]i?B|k?[WVA]|lit(?:er|re)s?|degrees?|amperes?|volts?|watts?)\b)/u,
};
/** Of any measure; and what a payment may be given in: "three months' rent". */
const share = /^(?:%|per ?cent\b)/;
const payments = /^(?:day|week|month|year)s?['’]?\s(?:of\s)?(?:\p{L}+\s)?(?:rent|wages?|pay|salar(?:y|ies)|fees?)\b/u;

/** What follows a noun that is asked for itself: "what is the price list" asks for something else. */
const end = String.raw`(?=\W*$|\s+(?:an?|at|each|for|if|in|of|on|per|that|the|they|to|we|when|with|you)\b)`;
const whatIs = (nouns: string) => String.raw`\bwhat (?:is|are|was|were) the (?:\p{L}+ )?(?:${nouns})${end}`;
const howMuch = String.raw`\bhow much (?:money|do|does|did|is|are|was|were|will|would|must|shall|should|can|may|has|have|had)\b.{0,80}`;
const whatDoes = String.raw`\bwhat (?:do|does|did|will|would)\b.{1,80}`;
const asking = (...patterns: string[]) => new RegExp(patterns.join('|'), 'iu');

/** What a question may ask for, and the units that its numbers have, at the beginning of what follows them. */
const measures = {
  money: {
    asked: asking(
      String.raw`${howMuch}\b(?:costs?|pays?|paid|earns?|earned|charges?|charged|spends?|spent|worth|sold)\b`,
      // "What does the cost depend on?"
      String.raw`${whatDoes}(?<!\b(?:the|an?|this|its?|their|our|your|total))\scost${end}`,
      whatIs('(?:price|fee|salary|wage|rent|fare|cost)s?'),
    ),
    units: [units.currency, payments],
  },
  size: {
    asked: asking(String.raw`\bhow (?:tall|wide|thick|deep)\b`, whatIs('width|height|depth|diameter')),
    units: [units.length],
  },
  // Of a rod, a stay, a film, a file.
  length: { asked: asking(whatIs('length')), units: [units.length, units.duration, units.other] },
  weight: {
    asked: asking(String.raw`\bhow heavy\b`, String.raw`(?:${howMuch}|${whatDoes})\bweighs?\b`, whatIs('weight')),
    units: [units.weight],
  },
};
/** An amount of money, whatever else a text says. */
const money =
  /\p{Sc}|\b(?:euros?|dollars?|pounds?|cents?|pence|francs?|yen|yuan|rupees?|pesos?|kron[aeo]r?|crowns?|[mb]illions?|free|gratis|waived|included|nothing|costs?|half|third)\b/iu;
const currencyFirst = /(?<!\p{L})(?:[A-Z]{3}|[Kk]r|Rs)\.?\s?\d/u;
const pays = /\b(?:prices?|fees?|pays?|paid|charges?|charged|earns?|earned|salary|wages?|rents?|fares?|sold|worth)\b/i;
const withCents = /[.,]\d\d$/;
const year = /^(?:1[5-9]|20)\d\d$/;

/**
 * Whether a question asks for a price, a size, a length or a weight, and the numbers in the texts are all of other
 * measures. A number without a known unit may be what is asked for, but a price only with cents or beside a word such as
 * "pays".
 */
export function lacksMeasure(question: string, texts: string[]): boolean {
  const wanted = Object.values(measures).find(({ asked }) => asked.test(question));
  if (!wanted) return false;
  const said = new Set(readWords(question).map(({ stem }) => stem));
  const read = texts.map((text) => ({ text, numbers: readWords(text).filter(isNumber) }));
  if (read.every(({ numbers }) => numbers.length === 0)) return false;
  const isMoney = wanted === measures.money;
  return !read.some(({ text, numbers }) => {
    if (isMoney && (money.test(text) || currencyFirst.test(text))) return true;
    const isPriced = pays.test(text);
    return numbers.some((word) => {
      const after = afterNumber(word, text);
      if ([share, ...wanted.units].some((unit) => unit.test(after))) return true;
      const hasUnit = Object.values(units).some((unit) => unit.test(after));
      const mayBeBare = !isMoney || isPriced || withCents.test(word.text);
      return mayBeBare && !hasUnit && !year.test(word.text) && !said.has(word.stem);
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
