/** A line at the top or bottom of so many pages, the same but for the page's number, belongs to the pages, not to the text. */
const REPEATED = 3;
/** Longer paragraphs (UTF-16 code units) are text whatever they repeat. */
const LONGEST_RUNNING_LINE = 120;
/** Headers and footers may have this many paragraphs. */
const LAYERS = 2;
/** What may be a page's number: a whole number, no part of a fraction or of a longer one; Roman numerals where they stand alone. */
const PAGE_NUMBER = /(?<!\d[.,]?)(?!0\d)\d{1,5}(?![.,]?\d)|^[ivxlc]+$/g;
/** Beside words, a number that is this far from the page's place in the file is another's: "Invoice 1002". */
const FARTHEST = 100;
const ROMAN_VALUES: Record<string, number> = { i: 1, v: 5, x: 10, l: 50, c: 100 };

/**
 * Pages without their running headers, footers and page numbers, which would otherwise pass for passages. Pages are paragraphs
 * with blank lines between. A line that is word for word the same stays once: at the top of the first page that has it, or at
 * the bottom of the last. The first page keeps its header, which may be the title, and no page loses all that it has.
 */
export function withoutRunningLines(pages: string[]): string[] {
  const paragraphs = pages.map((page) => page.split('\n\n'));
  for (let layer = 0; layer < LAYERS; layer++) {
    for (const place of [0, -1]) {
      for (const page of runningAt(place, paragraphs))
        if ((page > 0 || place === -1) && paragraphs[page]!.length > 1) paragraphs[page]!.splice(place, 1);
    }
  }
  return paragraphs.map((page) => page.join('\n\n'));
}

/** The pages whose first (`place` 0) or last (-1) paragraph is a running line that needn't stay. */
function runningAt(place: number, paragraphs: string[][]): Set<number> {
  const pagesWith = new Map<string, number[]>();
  paragraphs.forEach((page, index) => {
    for (const key of runningKeys(page.at(place)!, index)) {
      const same = pagesWith.get(key);
      if (same) same.push(index);
      else pagesWith.set(key, [index]);
    }
  });
  const running = new Set<number>();
  for (const [key, same] of pagesWith) {
    if (same.length < REPEATED) continue;
    const staying = key.includes(PLACE_OF_NUMBER) ? undefined : same.at(place);
    for (const page of same) if (page !== staying) running.add(page);
  }
  return running;
}

const PLACE_OF_NUMBER = '\0';

/**
 * What a line may have in common with those of other pages: all of it, or all but one number that is as far from theirs as the
 * pages are apart. Any other number is something that the document tells: a total, a year.
 */
function runningKeys(line: string, page: number): string[] {
  if (line === '' || line.length > LONGEST_RUNNING_LINE) return [];
  const numbered = Array.from(line.matchAll(PAGE_NUMBER)).flatMap(({ 0: number, index }) => {
    const [before, after] = [line.slice(0, index), line.slice(index + number.length)];
    const offset = numberIn(number) - page;
    const isPages = Math.abs(offset) < FARTHEST || !/\p{L}/u.test(before + after);
    return isPages ? `${before}${PLACE_OF_NUMBER}${offset}${PLACE_OF_NUMBER}${after}` : [];
  });
  return [line, ...numbered];
}

function numberIn(number: string): number {
  if (/^\d/.test(number)) return Number(number);
  const values = Array.from(number, (letter) => ROMAN_VALUES[letter]!);
  return values.reduce((sum, value, at) => sum + (value < (values[at + 1] ?? 0) ? -value : value), 0);
}
