/** A paragraph at the top or bottom of so many pages, the same but for its numbers, belongs to the pages, not to the text. */
const REPEATED = 3;
/** Longer paragraphs (UTF-16 code units) are text whatever they repeat. */
const LONGEST_RUNNING_LINE = 120;
/** Headers and footers may have this many paragraphs. */
const LAYERS = 2;

/**
 * Pages without their running headers, footers and page numbers, which would otherwise part sentences and pass for passages.
 * Pages are paragraphs with blank lines between. The first page keeps its header: there it may be the title.
 */
export function withoutRunningLines(pages: string[]): string[] {
  const paragraphs = pages.map((page) => page.split('\n\n'));
  for (let layer = 0; layer < LAYERS; layer++) {
    for (const place of [0, -1]) {
      const keys = paragraphs.map((page) => runningKey(page.at(place)));
      const counts = new Map<string, number>();
      for (const key of keys) if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
      keys.forEach((key, page) => {
        if ((page > 0 || place === -1) && key !== null && counts.get(key)! >= REPEATED)
          paragraphs[page]!.splice(place, 1);
      });
    }
  }
  return paragraphs.map((page) => page.join('\n\n'));
}

/** What is the same on every page: the words without numbers. A page number in Roman numerals counts as a number. */
function runningKey(paragraph: string | undefined): string | null {
  if (!paragraph || paragraph.length > LONGEST_RUNNING_LINE) return null;
  return paragraph.replace(/\d+|^[ivxlc]+$/g, '#');
}
