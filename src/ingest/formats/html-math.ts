import type { DomNode, FormatCallback } from 'html-to-text';
import { gapBetween, grouped, index, power } from './math-text.ts';

/** How a MathML element is written, by its name, given the texts of its children. */
const written: Record<string, (parts: string[]) => string> = {
  msup: ([base = '', raised = '']) => base + power(raised),
  msub: ([base = '', lowered = '']) => base + index(lowered),
  msubsup: ([base = '', lowered = '', raised = '']) => base + index(lowered) + power(raised),
  munder: ([base = '', under = '']) => base + index(under),
  munderover: ([base = '', under = '', over = '']) => base + index(under) + power(over),
  mfrac: ([above = '', below = '']) => `${grouped(above)}/${grouped(below)}`,
  msqrt: (parts) => `√${grouped(parts.join(''))}`,
  mroot: ([base = '', degree = '']) => `${power(degree)}√${grouped(base)}`,
  mtr: (parts) => parts.join(' '),
  mtable: (parts) => parts.join('; '),
  annotation: () => '',
  'annotation-xml': () => '',
};

/** Formats a MathML formula on one line, so that powers and fractions don't run into numbers; its TeX source is left out. */
export const formula: FormatCallback = (element, _walk, builder) => {
  const text = textOf(element).replace(/\s+/g, ' ').trim();
  if (text !== '') builder.addInline(text);
};

/** Whether an element is a fraction, or holds nothing but one. */
function isFraction({ name, children = [] }: DomNode): boolean {
  if (name === 'mfrac') return true;
  const within = children.filter(({ type }) => type === 'tag');
  return within.length === 1 && isFraction(within[0]!);
}

function textOf({ type, name = '', data, children = [] }: DomNode): string {
  if (type === 'text') return data ?? '';
  const isLeaf = /^m[inos]$|^mtext$/.test(name);
  const within = children.filter((child) => isLeaf || child.type === 'tag' || child.data?.trim());
  const parts = within.map(textOf);
  const isApart = within.map(isFraction);
  const gapBefore = (at: number) => (isApart[at] || isApart[at - 1] ? gapBetween(parts[at - 1] ?? '', parts[at]!) : '');
  const text = Object.hasOwn(written, name)
    ? written[name]!(parts.map((part) => part.trim()))
    : parts.map((part, at) => gapBefore(at) + part).join('');
  return name === 'mo' && /^[=<>≤≥≈≠→×∈±]$/.test(text.trim()) ? ` ${text.trim()} ` : text;
}
