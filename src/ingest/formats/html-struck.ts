import type { DomNode, FormatCallback } from 'html-to-text';

const STRUCK = /^(?:s|del|strike)$/;
const BLOCK = /^(?:p|div|[uod]l|li|d[dt]|table|t(?:head|body|foot|[rdh])|h[1-6]|blockquote|pre|section|article)$/;

/** The `data` of an element whose blocks are struck in its place. */
const IN_BLOCKS = 'in blocks';

const isBlock = ({ name }: DomNode) => BLOCK.test(name ?? '');

/** Puts `~~` around struck text, as in Markdown, since it no longer applies; where it contains blocks, around the text of each. */
export const struck: FormatCallback = (element, walk, builder) => {
  if (element.data === undefined && element.children.some(isBlock)) {
    strikeWithin(element);
    element.data = IN_BLOCKS;
  }
  const [first, last] = [outermostText(element, 0), outermostText(element, -1)];
  const [opening, closing] = [first?.data, last?.data];
  if (element.data === IN_BLOCKS || isWithinStruck(element) || !(opening?.trim() || closing?.trim()))
    return walk(element.children, builder);
  if (first) first.data = first.data?.trimStart();
  if (last) last.data = last.data?.trimEnd();
  builder.addInline(`${/^\s/.test(opening ?? '') ? ' ' : ''}~~`);
  walk(element.children, builder);
  builder.addInline(`~~${/\s$/.test(closing ?? '') ? ' ' : ''}`);
  // A merged cell is read again for the next row.
  if (first) first.data = opening;
  if (last) last.data = closing;
};

function strikeWithin(element: DomNode): void {
  const children: DomNode[] = [];
  let run: DomNode | undefined;
  for (const child of element.children ?? []) {
    if (isBlock(child)) {
      strikeWithin(child);
      children.push(child);
      run = undefined;
    } else {
      if (!run) {
        run = { type: 'tag', name: 'del', attribs: {}, children: [], parent: element };
        children.push(run);
      }
      run.children?.push(child);
      child.parent = run;
    }
  }
  element.children = children;
}

function isWithinStruck({ parent }: DomNode): boolean {
  let outer = parent;
  while (outer && !(STRUCK.test(outer.name ?? '') && outer.data !== IN_BLOCKS)) outer = outer.parent;
  return Boolean(outer);
}

/** The text node that an element begins (0) or ends (-1) with, if any. */
function outermostText(element: DomNode, place: 0 | -1): DomNode | undefined {
  let node: DomNode | undefined = element;
  while (node && node.type !== 'text') node = node.children?.at(place);
  return node;
}
