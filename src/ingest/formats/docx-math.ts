import { gapBetween, grouped, index, power } from './math-text.ts';

const FORMULA = '<m:oMath>';
const FORMULA_TAG = /<m:oMath(?:\s[^<>]*)?>/g;
const PARAGRAPH_TAG = /<\/?m:oMathPara(?:\s[^<>]*)?>/g;
const FORMULA_END = '</m:oMath>';
const TAG = /<(\/?)m:(\w+)(?!\w)([^<>]*)>([^<]*)/g;
const TEXT = /<m:t[\s>]/;
/** Real formulas stay below 50. What is deeper is left out. */
const DEEPEST = 256;
const VALUE = /m:val="([^"]*)"/;

/** An element of a formula that is open: its text up to here, the element it ends with, and the brackets around and the sign within it. */
type Part = { name: string; text: string; last?: { name: string; text: string } } & typeof brackets;
/** Those of an element that doesn't say which it has. */
const brackets = { opening: '(', separator: '|', closing: ')' };

/**
 * The XML of a Word document with its formulas (OMML), which mammoth leaves out, as runs of text: on one line, with powers and
 * fractions told from their numbers. Linear in what it reads.
 */
export function withFormulas(xml: string): string {
  const formulas = xml.replace(PARAGRAPH_TAG, '').replace(FORMULA_TAG, (tag) => (tag.endsWith('/>') ? '' : FORMULA));
  const [before = '', ...rest] = formulas.split(FORMULA);
  const pieces = rest.map((piece) => {
    const end = piece.indexOf(FORMULA_END);
    if (end === -1) return FORMULA + piece;
    const run = `<w:r><w:t xml:space="preserve">${textOf(piece.slice(0, end))}</w:t></w:r>`;
    return run + piece.slice(end + FORMULA_END.length);
  });
  return [before, ...pieces].join('');
}

/** The text of a formula, its characters spelled as they are in the XML; none where no run holds any, as when all are hidden. */
function textOf(formula: string): string {
  if (!TEXT.test(formula)) return '';
  const open: Part[] = [{ name: '', text: '', ...brackets }];
  for (const [, closes, name = '', attributes = '', text = ''] of formula.matchAll(TAG)) {
    const inner = open.at(-1)!;
    if (attributes.endsWith('/') && name === 'deg') inner.text += '√';
    else if (attributes.endsWith('/')) setProperty(open.at(-2), name, VALUE.exec(attributes)?.[1] ?? '');
    else if (!closes && open.length <= DEEPEST) open.push({ name, text: name === 't' ? text : '', ...brackets });
    else if (closes && inner.name === name && open.length > 1) {
      open.pop();
      const outer = open.at(-1)!;
      const last = { name, text: written(inner, outer.name) };
      const isApart = name === 'f' || outer.last?.name === 'f';
      if (isApart) outer.text += gapBetween(outer.last?.text ?? '', last.text);
      else if (name === 'e' && outer.last?.name === 'e') outer.text += separatorIn(outer);
      outer.text += last.text;
      outer.last = last;
    }
  }
  return open.map(({ text }) => text).join('');
}

/** Properties stand in an element of their own, the first in the one that they are of. */
function setProperty(part: Part | undefined, name: string, value: string): void {
  if (!part) return;
  if (name === 'begChr') part.opening = value;
  if (name === 'sepChr') part.separator = value;
  if (name === 'endChr') part.closing = value;
  if (name === 'chr' && part.name === 'nary') part.text = value;
}

/** What goes between two entries: of brackets, of a row of a matrix, or lines of an array. */
function separatorIn({ name, separator }: Part): string {
  if (name === 'd') return separator;
  return name === 'mr' ? ' ' : name === 'eqArr' ? '; ' : '';
}

function written({ name, text, opening, closing }: Part, within: string): string {
  switch (name) {
    case 'sup':
      return power(text);
    case 'sub':
      return index(text);
    case 'num':
      return grouped(text);
    case 'den':
      return `/${grouped(text)}`;
    case 'deg':
      return `${power(text)}√`;
    case 'd':
      return opening + text + closing;
    case 'mr':
      return `${text}; `;
    case 'e':
      return within === 'rad' ? grouped(text) : text;
    case 'lim':
      return within === 'limUpp' ? power(text) : index(text);
    default:
      return text;
  }
}
