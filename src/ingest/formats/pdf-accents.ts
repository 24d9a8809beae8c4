import type { PlacedItem } from './pdf-reading-order.ts';

/** Accents as signs of their own, and the combining ones that they stand for. */
const combining: Record<string, string> = {
  '`': '\u0300',
  '´': '\u0301',
  ˆ: '\u0302',
  '˜': '\u0303',
  '¯': '\u0304',
  '˘': '\u0306',
  '˙': '\u0307',
  '¨': '\u0308',
  '˚': '\u030a',
  '˝': '\u030b',
  ˇ: '\u030c',
  '¸': '\u0327',
  '˛': '\u0328',
};
const dotless: Record<string, string> = { ı: 'i', ȷ: 'j' };
/** How far (a share of the size) a letter reaches back under the accent that was drawn before it, and how much lower it may be. */
const REACHED_BACK = 0.1;
const LOWERED = 0.5;

/**
 * The items of a line with letters put together that are drawn as an accent and a letter under it, as TeX does in its older fonts:
 * `Schr¨odinger`. An accent beside its letter is a sign of its own, and so is one of a letter that has no such form.
 */
export function withAccents(items: PlacedItem[]): PlacedItem[] {
  const placed: PlacedItem[] = [];
  for (const item of items) {
    const last = placed.at(-1);
    const letter = last && isUnder(last, item) ? accented(last.text.at(-1)!, item.text[0]!) : null;
    if (!last || letter === null) {
      placed.push(item);
      continue;
    }
    const before = last.text.slice(0, -1);
    if (before === '') placed.pop();
    else placed[placed.length - 1] = { ...last, text: before, width: item.left - last.left };
    placed.push({ ...item, text: letter + item.text.slice(1) });
  }
  return placed;
}

/** Whether an item begins under the end of the one before it. */
function isUnder(last: PlacedItem, item: PlacedItem): boolean {
  if (last.isBlank || item.isBlank || last.text === '' || item.text === '') return false;
  const isLevel = Math.abs(last.baseline - item.baseline) <= item.size * LOWERED;
  return isLevel && last.left + last.width - item.left > item.size * REACHED_BACK;
}

/** A letter with an accent, if there is a character for it. */
function accented(accent: string, letter: string): string | null {
  const mark = combining[accent];
  if (mark === undefined) return null;
  const whole = ((dotless[letter] ?? letter) + mark).normalize('NFC');
  return whole.length === 1 ? whole : null;
}
