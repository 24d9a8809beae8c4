import type { TextItem } from './pdf-layout.ts';

/** What pdf.js tells about a form field (`getFieldObjects`): among others its value, its place, and its page, counted from 0. */
export type FormField = {
  type?: string;
  value?: unknown;
  exportValues?: unknown;
  rect?: number[] | null;
  page?: number;
  hidden?: boolean;
  password?: boolean;
};

/** No page made for people has more. Each field costs a pass over the page's items. */
const MOST_FIELDS = 500;
/** The letter size of a value without a label, in points. */
const SIZE = 10;

type Box = { left: number; right: number; bottom: number; top: number };
type Side = { index: number; distance: number };

/** The fields of a form by their pages. */
export function fieldsByPage(fields: Record<string, FormField[]> | null): Map<number, FormField[]> {
  return Map.groupBy(Object.values(fields ?? {}).flat(), ({ page = 0 }) => page);
}

/**
 * Adds to a page's items the values that were filled into its form, which aren't part of its text: after the words before the field; for
 * a checkbox, beside the nearest words; or, where there are no such words, on a line of its own, before the first text that is lower.
 */
export function withFieldValues(items: TextItem[], fields: FormField[]): TextItem[] {
  const all = [...items];
  for (const field of fields.slice(0, MOST_FIELDS)) {
    const value = textOf(field);
    const box = boxOf(field.rect);
    if (value !== '' && box) place(all, value, box, field.type === 'checkbox' || field.type === 'radiobutton');
  }
  return all;
}

function textOf({ type, value, exportValues, hidden, password }: FormField): string {
  if (hidden || password) return '';
  if (type === 'checkbox' || type === 'radiobutton') return value === exportValues && value !== 'Off' ? '☑' : '☐';
  if (type !== 'text' && type !== 'combobox' && type !== 'listbox') return '';
  const texts = (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string');
  return texts.join(', ').trim();
}

function boxOf(rect: FormField['rect']): Box | null {
  const [left = 0, bottom = 0, right = 0, top = 0] = rect ?? [];
  return right > left && top > bottom ? { left, bottom, right, top } : null;
}

function place(items: TextItem[], value: string, box: Box, isTick: boolean): void {
  const { before, after } = nearestWords(items, box);
  const isBehind = before && !(isTick && after && after.distance < before.distance);
  const label = isBehind ? items[before.index] : isTick && after ? items[after.index] : undefined;
  const [a = SIZE, b = 0, c = 0, d = SIZE, , baseline = box.bottom] = label?.transform ?? [];
  const transform = [a, b, c, d, box.left, baseline];
  const item = { str: value, width: box.right - box.left, height: label?.height ?? SIZE, transform, hasEOL: false };
  const space = { ...item, str: ' ' };
  if (label && isBehind)
    items.splice(before.index, 1, { ...label, hasEOL: false }, space, { ...item, hasEOL: label.hasEOL });
  else if (label && after) items.splice(after.index, 0, item, space);
  else {
    const lower = items.findIndex(({ str, transform }) => str.trim() !== '' && (transform[5] ?? 0) < box.bottom);
    const at = lower === -1 ? items.length : lower;
    // The line before may not be marked as ended.
    items.splice(at, 0, { ...space, hasEOL: true }, { ...item, hasEOL: true });
  }
}

/** The nearest words on a field's line: those that end before it, and those that begin after it. */
function nearestWords(
  items: TextItem[],
  { left, right, bottom, top }: Box,
): { before: Side | null; after: Side | null } {
  let before: Side | null = null;
  let after: Side | null = null;
  for (const [index, { str, transform, width }] of items.entries()) {
    const [x, y] = [transform[4] ?? 0, transform[5] ?? 0];
    if (str.trim() === '' || y < bottom || y > top) continue;
    const middle = x + width / 2;
    const distance = middle < (left + right) / 2 ? left - x - width : x - right;
    if (middle < (left + right) / 2) {
      if (!before || distance < before.distance) before = { index, distance };
    } else if (!after || distance < after.distance) after = { index, distance };
  }
  return { before, after };
}
