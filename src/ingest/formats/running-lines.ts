/** A line at the top or bottom of this many pages, the same except for the page number, is no part of the text. */
const REPEATED = 3;
/** Longer paragraphs (in UTF-16 code units) are text, even if they are repeated. */
const LONGEST_RUNNING_LINE = 120;
/** How many paragraphs a header or footer may have. */
const LAYERS = 2;
/** What may be a page number: a whole number that isn't part of a fraction or a longer number, or a lone Roman numeral. */
const PAGE_NUMBER = /(?<!\d[.,]?)(?!0\d)\d{1,5}(?![.,]?\d)|^[ivxlc]+$/g;
/** Beside words, a number this far from the page's position in the file isn't its page number: "Invoice 1002". */
const FARTHEST = 100;
const ROMAN_VALUES: Record<string, number> = { i: 1, v: 5, x: 10, l: 50, c: 100 };

/**
 * Pages without their running headers, footers and page numbers, which would otherwise end up in passages. A page is given as paragraphs
 * separated by blank lines. A line that is the same word for word is kept once: at the top of the first page that has it, or at the
 * bottom of the last. The first page keeps its header, which may be the title, and no page is left empty.
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

/** The pages whose first (`place` 0) or last (-1) paragraph is a running line that can go. */
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
 * What a line may have in common with lines of other pages: all of it, or all but one number that differs from theirs by as much as the
 * pages are apart. Any other number is content: a total, a year.
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
