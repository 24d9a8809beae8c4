import type { DomNode, FormatCallback } from 'html-to-text';
import { grouped, index, power } from './math-text.ts';

/** How an element of MathML is written, by its name, from the texts of the elements within. */
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

/** A formula (MathML) on one line, with its powers and fractions told from its numbers; the source that it was made of is left out. */
export const formula: FormatCallback = (element, _walk, builder) => {
  const text = textOf(element).replace(/\s+/g, ' ').trim();
  if (text !== '') builder.addInline(text);
};

function textOf({ type, name = '', data, children = [] }: DomNode): string {
  if (type === 'text') return data ?? '';
  const isLeaf = /^m[inos]$|^mtext$/.test(name);
  const within = children.filter((child) => isLeaf || child.type === 'tag' || child.data?.trim());
  const parts = within.map(textOf);
  const text = Object.hasOwn(written, name) ? written[name]!(parts.map((part) => part.trim())) : parts.join('');
  return name === 'mo' && /^[=<>≤≥≈≠→×∈±]$/.test(text.trim()) ? ` ${text.trim()} ` : text;
}
