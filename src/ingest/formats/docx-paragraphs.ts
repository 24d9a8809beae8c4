import type { Numbering } from './docx-numbering.ts';
import { headingOf, type WordStyle } from './docx-styles.ts';

const PROPERTIES = '<w:pPr>';
const PROPERTIES_END = '</w:pPr>';
/** What formatting was before a tracked change, in properties within properties. */
const CHANGE = '<w:pPrChange';
const CHANGE_END = '</w:pPrChange>';
/** A control around a table of contents, whose lines have no style that tells them from others in what Google Docs writes. */
const CONTROL = '<w:sdt>';
const CONTROL_END = '</w:sdt>';
const CONTENTS = /<w:docPartGallery w:val="Table of Contents"/;
const STYLE = /<w:pStyle w:val="([^"<>]*)"\s*\/>/;
const OUTLINE = /<w:outlineLvl w:val="(\d)"\s*\/>/;
const NUM_ID = /<w:numId w:val="(\d{1,10})"\s*\/>/;
const LEVEL = /<w:ilvl w:val="(\d)"\s*\/>/;
/** Of a paragraph's mark, with which its number is shown: deleted or moved away, or hidden where it doesn't only join a heading to the text behind it. */
const DELETED = /<w:(?:del|moveFrom)[ />]/;
const HIDDEN = /<w:vanish(?:\s+w:val\s*=\s*["'](?:1|true|on)["'])?\s*\/>(?!\s*<w:specVanish)/;
/** A letter that is set apart as the large first one of the paragraph behind it. */
const DROP_CAP = /<w:framePr\s[^<>]*w:dropCap="(?:drop|margin)"/;
/** mammoth joins a paragraph whose mark is deleted to the next one. */
const JOINED = '<w:rPr><w:del/></w:rPr>';
const TABLE_TAG = /<(\/?)w:tbl>/g;
/** The style of a run that holds a paragraph's number. */
export const LABEL_STYLE = 'AssayLabel';

/**
 * The XML of a Word document's text with what its paragraphs take from the styles and lists of the file said in them, for mammoth,
 * which looks at neither: those that a style of the author's own, or an outline level, makes headings get the style of one
 * (but in tables, where Word's outline knows none), and numbered ones a run with their number as Word shows it. Linear in what it reads.
 */
export function withParagraphsTold(xml: string, styles: Map<string, WordStyle>, numbering: Numbering): string {
  const read = without(xml, CHANGE, CHANGE_END);
  const [before = '', ...rest] = without(read, CONTROL, CONTROL_END, CONTENTS).split(PROPERTIES);
  let tables = tablesOpenedIn(before);
  const pieces = rest.map((piece) => {
    const end = piece.indexOf(PROPERTIES_END);
    if (end === -1) return PROPERTIES + piece;
    const told = toldProperties(piece.slice(0, end), tables > 0);
    tables += tablesOpenedIn(piece);
    return told + piece.slice(end + PROPERTIES_END.length);
  });
  return [before, ...pieces].join('');

  function toldProperties(properties: string, isInTable: boolean): string {
    if (DROP_CAP.test(properties)) return PROPERTIES + JOINED + properties + PROPERTIES_END;
    const styleId = STYLE.exec(properties)?.[1] ?? '';
    const style = styles.get(styleId);
    const outline = OUTLINE.exec(properties)?.[1];
    const heading = isInTable ? null : outline === undefined ? (style?.heading ?? null) : headingOf(Number(outline));
    // Of two that say the same, mammoth takes the first.
    return numbered(heading ? `<w:pStyle w:val="Heading${heading}"/>${properties}` : properties, styleId, style);
  }

  function numbered(properties: string, styleId: string, style: WordStyle | undefined): string {
    const whole = (text: string, label = '') => `${PROPERTIES}${text}${PROPERTIES_END}${label}`;
    const numId = NUM_ID.exec(properties)?.[1] ?? style?.numId;
    if (!numId || DELETED.test(properties) || HIDDEN.test(properties)) return whole(properties);
    const own = LEVEL.exec(properties)?.[1];
    const level = own === undefined ? (numbering.levelOfStyle(numId, styleId) ?? style?.level ?? 0) : Number(own);
    const label = numbering.labelOf(numId, level);
    const list = label === '' ? 0 : numId;
    const told = `<w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="${list}"/></w:numPr>${properties}`;
    if (!label) return whole(told);
    const run = `<w:r><w:rPr><w:rStyle w:val="${LABEL_STYLE}"/></w:rPr><w:t xml:space="preserve">${escaped(label)} </w:t></w:r>`;
    return whole(told, run);
  }
}

/** The XML without the innermost elements of this name, or without those that hold `what`. */
function without(xml: string, opening: string, closing: string, what = /(?:)/): string {
  const [before = '', ...rest] = xml.split(opening);
  const pieces = rest.map((piece) => {
    const end = piece.indexOf(closing);
    return end === -1 || !what.test(piece.slice(0, end)) ? opening + piece : piece.slice(end + closing.length);
  });
  return [before, ...pieces].join('');
}

function tablesOpenedIn(xml: string): number {
  let opened = 0;
  for (const [, closes] of xml.matchAll(TABLE_TAG)) opened += closes ? -1 : 1;
  return opened;
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
