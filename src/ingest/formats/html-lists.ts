import type { DomNode, FormatCallback } from 'html-to-text';
import { close, open } from './html-marks.ts';
import { isInRow, isRowValue, keepInRow } from './html-tables.ts';
import { inLetters, inRoman } from './numerals.ts';

const DONE = '☑ ';
const NOT_DONE = '☐ ';

/** The formatters of lists, of their items, and of checkboxes. */
export const listFormatters: Record<'list' | 'item' | 'checkbox', FormatCallback> = {
  /** In place of html-to-text's own formatter, which indents by copying, in time quadratic to the depth. */
  list(element, walk, builder) {
    const nested = element.parent?.name === 'li';
    labelItems(element);
    if (isRowValue(element)) keepInRow(element);
    const isBlock = !nested && !isInRow(element);
    builder.openBlock({ leadingLineBreaks: nested ? 1 : 2 });
    if (isBlock) builder.addInline(open('list'));
    walk(element.children, builder);
    if (isBlock) builder.addInline(close);
    builder.closeBlock({ trailingLineBreaks: nested ? 1 : 2 });
  },
  item(element, walk, builder) {
    const label = bringsLabel(element) ? '' : (element.data ?? '- ');
    builder.openBlock({ leadingLineBreaks: 1 });
    builder.addInline(element.parent && isInRow(element.parent) ? label : `${open('item')}${label}${close}`);
    walk(element.children, builder);
    builder.closeBlock({ trailingLineBreaks: 1 });
  },
  checkbox({ attribs }, _walk, builder) {
    const isChecked = attribs?.checked !== undefined || attribs?.class?.includes('checkbox-on');
    builder.addInline(isChecked ? DONE : NOT_DONE);
  },
};

function labelItems({ name, attribs, children = [] }: DomNode): void {
  const items = children.filter((child) => child.name === 'li');
  const isReversed = attribs?.reversed !== undefined;
  // Confluence marks what is done by a class alone.
  const areTasks = attribs?.class?.includes('inline-task-list');
  let number = whole(attribs?.start) ?? (isReversed ? items.length : 1);
  for (const item of items) {
    number = whole(item.attribs?.value) ?? number;
    const task = areTasks ? (item.attribs?.class?.includes('checked') ? DONE : NOT_DONE) : '';
    item.data = (name === 'ol' ? `${numeral(number, attribs?.type)}. ` : '- ') + task;
    number += isReversed ? -1 : 1;
  }
}

/** Whether an item begins with a label of its own, as those of Word documents do, or with a list that it merely wraps. */
function bringsLabel({ children = [] }: DomNode): boolean {
  const first = children.find(({ type, data }) => type !== 'comment' && (type !== 'text' || data?.trim()));
  return first?.attribs?.class === 'list-label' || first?.name === 'ol' || first?.name === 'ul';
}

function numeral(number: number, type: string | undefined): string {
  if (type === 'a') return inLetters(number);
  if (type === 'A') return inLetters(number).toUpperCase();
  if (type === 'i') return inRoman(number);
  return type === 'I' ? inRoman(number).toUpperCase() : String(number);
}

/** The whole number that an attribute gives, or null. */
const whole = (attribute: string | undefined) => (/^\s*-?\d{1,9}\s*$/.test(attribute ?? '') ? Number(attribute) : null);
