import type { DomNode } from 'html-to-text';

type Node = DomNode & { prev?: Node | null; next?: Node | null };

const higher = digits('0123456789+-−–=()ni', '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿⁱ');
const lower = digits('0123456789+-−–=()', '₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎');
/** Longer texts (in UTF-16 code units) are no exponents or marks, but were swallowed by an unclosed element. */
const longest = 20;

/**
 * Writes the text of a `sup` so that it doesn't run into a number before it: 10⁶, 2^k. After a word it is the mark of a note and is set
 * apart, so that the word can be found. Endings (1st, 2nd), signs and marks in brackets stay as they are.
 * @returns null where it is to be read like any other text
 */
export function raised(element: DomNode): string | null {
  const text = textOf(element).trim();
  if (text === '' || text.length > longest || /\s/.test(text)) return null;
  const written = raisedDigits(text, textBeside(element, 'prev'));
  if (written !== null) return written;
  if (!/[\p{L}\p{N}]/u.test(text) || /^\p{L}{2,}$|[[\]]/u.test(text)) return null;
  return text.length === 1 ? `^${text}` : `^(${text})`;
}

/**
 * Writes the text of a `sub` where its digits would meet others: log₂8. Elsewhere it isn't set off: H2O.
 * @returns null where it is to be read like any other text
 */
export function lowered(element: DomNode): string | null {
  const text = textOf(element).trim();
  const meetsDigits = /\d$/.test(textBeside(element, 'prev')) || /^\d/.test(textBeside(element, 'next'));
  return text !== '' && meetsDigits ? loweredDigits(text) : null;
}

/** Digits and signs in raised form, with a space if `before` ends in a word; null for any other text. */
export function raisedDigits(text: string, before: string): string | null {
  const written = inDigits(text, higher);
  return written !== null && /\p{L}{4}$/u.test(before) ? ` ${written}` : written;
}

/** Digits and signs in lowered form; null for any other text. */
export const loweredDigits = (text: string): string | null => inDigits(text, lower);

function digits(plain: string, written: string): Map<string, string> {
  const forms = Array.from(written);
  return new Map(Array.from(plain, (digit, at) => [digit, forms[at]!]));
}

/** The text in other forms of its digits and signs; null where it holds anything else, or is too long. */
function inDigits(text: string, forms: Map<string, string>): string | null {
  if (text.length > longest) return null;
  const written = Array.from(text, (digit) => forms.get(digit));
  return written.includes(undefined) ? null : written.join('');
}

/** The text of an element, read only until it is too long. */
function textOf({ type, data, children = [] }: DomNode): string {
  let text = type === 'text' ? (data ?? '') : '';
  for (const child of children) {
    if (text.length > longest) break;
    text += textOf(child);
  }
  return text;
}

/** The end of the text node before an element, or the beginning of the one after it, even if that is within another element. */
function textBeside(element: DomNode, side: 'prev' | 'next'): string {
  let node: Node | undefined = element;
  while (node && !node[side]) node = node.parent;
  node = node?.[side] ?? undefined;
  while (node?.children?.length) node = node.children.at(side === 'prev' ? -1 : 0);
  const text = node?.type === 'text' ? (node.data ?? '') : '';
  return side === 'prev' ? text.slice(-longest) : text.slice(0, longest);
}
