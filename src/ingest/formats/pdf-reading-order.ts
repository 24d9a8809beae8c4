import type { Place } from './pdf-paragraphs.ts';

/** A run of text on its page; a blank one says in `gap` how far apart the items beside it are, and `isAdded` that pdf.js left it out. */
export type PlacedItem = Place & {
  width: number;
  isBlank: boolean;
  isRtl: boolean;
  font: string;
  gap?: number;
  isAdded?: boolean;
};

/** Beside Hebrew or Arabic, and where text goes on to the left, pdf.js puts no space where one is this wide (a share of the size). */
const NARROWEST_SPACE = 0.15;
/** In a phrase, a letter is looked for in so much of its first word (UTF-16 code units). */
const LONGEST_WORD = 100;
/** Signs on the left and right of a number or a phrase in Latin letters, which belong to the line around it. A dash on the left is a minus. */
const SIGNS_ON_LEFT = /^[,.:;!?]+/;
const SIGN_ON_RIGHT = /[-–,.:;!?]/;

export const distance = (one: Place & { width: number }, other: Place & { width: number }): number =>
  Math.max(other.left - one.left - one.width, one.left - other.left - other.width);

/** Says of each blank item how far apart the items beside it are (its own stated width isn't right in all files), and adds those that pdf.js leaves out. */
export function withGaps(items: PlacedItem[]): PlacedItem[] {
  return items.flatMap((item, index) => {
    const [before, after] = [items[index - 1], items[index + 1]];
    if (item.isBlank) return before && after ? { ...item, gap: distance(before, after) } : item;
    if (!before || before.isBlank || !isApart(before, item)) return item;
    const blank = { ...item, text: ' ', isBlank: true, isRtl: false, isAdded: true, gap: distance(before, item) };
    return [blank, item];
  });
}

/** Whether an item is apart from the one before it, of Hebrew or Arabic letters or on the same line to its left, without a blank item between them. */
function isApart(before: PlacedItem, item: PlacedItem): boolean {
  const isOnLeft = item.left < before.left && Math.abs(item.baseline - before.baseline) < item.size * NARROWEST_SPACE;
  return (before.isRtl || item.isRtl || isOnLeft) && distance(before, item) > item.size * NARROWEST_SPACE;
}

/** Whether most letters of a line are Hebrew or Arabic. */
function isFromRight(items: PlacedItem[]): boolean {
  const letters = (some: PlacedItem[]) => some.reduce((sum, { text }) => sum + text.replace(/\P{L}+/gu, '').length, 0);
  return letters(items.filter((item) => item.isRtl)) * 2 > letters(items);
}

/** Puts a line in reading order: lines of Hebrew and Arabic are often drawn from the left, last word first. */
export function inReadingOrder(items: PlacedItem[]): PlacedItem[] {
  if (!isFromRight(items)) return items;
  const words = items.filter(({ isBlank }) => !isBlank);
  const isFromLeft = words.every(({ left }, index) => index === 0 || left > words[index - 1]!.left);
  const runs: PlacedItem[][] = [];
  const isLtr = (item: PlacedItem | undefined) => item !== undefined && !item.isRtl && !item.isBlank;
  for (const item of items) {
    const [before, last] = [runs.at(-2), runs.at(-1)];
    const isPhrase =
      /\p{L}/u.test(before?.[0]?.text.slice(0, LONGEST_WORD) ?? '') && !((last?.[0]?.gap ?? 0) > item.size);
    if (isLtr(item) && isLtr(last?.at(-1)) && item.left > last!.at(-1)!.left) last!.push(item);
    // The words of a phrase in Latin letters, and numbers after them, keep their order.
    else if (isFromLeft && isLtr(item) && last?.[0]?.isBlank && isLtr(before?.[0]) && isPhrase)
      before!.push(...runs.pop()!, item);
    else runs.push([item]);
  }
  const turned = runs.map((run) => (isLtr(run[0]) ? withSignsTurned(run) : run));
  return (isFromLeft ? turned.reverse() : turned).flat();
}

/** Puts the signs at the ends of a run of numbers or Latin letters where a line from the right has them: of `.1890-`, the dash comes first. */
function withSignsTurned(run: PlacedItem[]): PlacedItem[] {
  let [from, to] = [0, run.length];
  while (from < to && SIGNS_ON_LEFT.exec(run[from]!.text)?.[0] === run[from]!.text) from++;
  while (from < to && signsOnRight(run[to - 1]!.text) === 0) to--;
  const inner = run.slice(from, to);
  const [first, last] = [inner[0], inner.at(-1)];
  if (!first || !last) return run.reverse();
  const left = SIGNS_ON_LEFT.exec(first.text)?.[0] ?? '';
  const right = last.text.slice(signsOnRight(last.text));
  inner[inner.length - 1] = { ...last, text: last.text.slice(0, last.text.length - right.length) };
  inner[0] = { ...inner[0]!, text: inner[0]!.text.slice(left.length) };
  const turned = (item: PlacedItem, text: string) => (text === '' ? [] : [{ ...item, text: turnedText(text) }]);
  return [
    ...run.slice(to).reverse(),
    ...turned(last, right),
    ...inner,
    ...turned(first, left),
    ...run.slice(0, from).reverse(),
  ];
}

const turnedText = (text: string) => Array.from(text).reverse().join('');

/** Where the signs begin that a text ends with. */
function signsOnRight(text: string): number {
  let at = text.length;
  while (at > 0 && SIGN_ON_RIGHT.test(text[at - 1]!)) at--;
  return at;
}

/**
 * Lines of items as if their page, if most of its lines are Hebrew or Arabic, were seen in a mirror: it is laid out like others then. On
 * other pages, blanks that were added are no gaps between cells, which are drawn from the left there.
 */
export function fromLeft(lines: PlacedItem[][]): PlacedItem[][] {
  const isMirrored = lines.filter(isFromRight).length * 2 > lines.length;
  const seen = (item: PlacedItem): PlacedItem =>
    isMirrored ? { ...item, left: -item.left - item.width } : item.isAdded ? { ...item, gap: 0 } : item;
  return lines.map((line) => line.map(seen));
}
