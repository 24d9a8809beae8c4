import { shuffled } from './seeded.ts';

const name = /(?<=[\p{Ll},] )\p{Lu}[\p{L}-]+(?: (?:of )?\p{Lu}[\p{L}-]+)*/gu;
const auxiliary = /\b(?:is|are|was|were|has|had|have|can|could|will|would|should|must|may)\b(?! not)/;

/** The rough kind of a span: a year or date, a number, a name, another phrase. */
export function spanType(span: string): 'time' | 'number' | 'name' | 'phrase' {
  if (/\b1\d{3}\b|\b20\d{2}\b|\b\p{Lu}\p{Ll}+ \d{1,2}\b|century/u.test(span)) return 'time';
  if (/\p{N}/u.test(span) || /^(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty)\b/i.test(span))
    return 'number';
  return /^(?:the )?\p{Lu}/u.test(span) ? 'name' : 'phrase';
}

/** A stand-in for a model's full sentence: the question's words restated with the answer, not word for word as in the text. */
export function statement(question: string, answer: string): string {
  const said = question.replace(
    /^(?:in |on |at |to |by |for )?(?:what|which|who|whom|when|where|why|how(?: many| much)?)\s+/i,
    '',
  );
  return `${said.charAt(0).toUpperCase()}${said.slice(1).replace(/[\s?]+$/, '')} ${answer}.`;
}

/** One number of a text made another of the same look: a year some years off, elsewhere the first digit. Null without one. */
export function changeNumber(text: string, random: () => number): string | null {
  const [number] = shuffled([...text.matchAll(/\p{Nd}[\p{Nd}.,]*\p{Nd}|\p{Nd}/gu)], random);
  if (!number) return null;
  const digits = number[0];
  const isYear = /^(?:1\d|20)\d\d$/.test(digits);
  const at = isYear ? 3 - Math.floor(random() * 2) : digits.search(/[1-9]/);
  if (at < 0) return null;
  const digit = Number(digits[at]);
  const another = isYear ? (digit + 1 + Math.floor(random() * 8)) % 10 : 1 + (digit % 9);
  const changed = digits.slice(0, at) + another + digits.slice(at + 1);
  return text.slice(0, number.index) + changed + text.slice(number.index + digits.length);
}

/** One name of a text exchanged for the first of the others that is a name and isn't there. Null where there is none. */
export function changeName(text: string, others: string[], random: () => number): string | null {
  const [found] = shuffled([...text.matchAll(name)], random);
  const other = others.find((span) => spanType(span) === 'name' && !text.includes(span) && span.length < 60);
  if (!found || !other) return null;
  return text.slice(0, found.index) + other.replace(/^The /, 'the ') + text.slice(found.index + found[0].length);
}

/** The opposite of a statement: a "not" put behind its first auxiliary verb, or taken away. Null where neither can be. */
export function negate(text: string): string | null {
  if (/\bnot /.test(text)) return text.replace(/\bnot /, '');
  return auxiliary.test(text) ? text.replace(auxiliary, '$& not') : null;
}
