import { LONGEST_HEADING } from '../loaded-document.ts';

// Patterns of the lines with which Markdown's blocks begin (top-level blocks of CommonMark 0.31), and functions that find their ends. Each
// of these takes the offset of a block's first line, and returns the offset just after its last.

export const BLANK = /^[ \t]*$/;
export const ATX_HEADING = /^ {0,3}(#{1,6})(?=[ \t]|$)/;
export const SETEXT_UNDERLINE = /^ {0,3}(?:=+|-+)[ \t]*$/;
export const THEMATIC_BREAK = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
export const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
export const ITEM = /^ {0,3}(?:[-+*]|\d{1,9}[.)])(?:[ \t]+|$)/;
const ITEM_AT_ANY_DEPTH = /^[ \t]*(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$)/;
const ITEM_AFTER_PARAGRAPH = /^ {0,3}(?:[-+*]|1[.)])[ \t]+\S/;
export const QUOTE = /^ {0,3}>/;
/** The first lines, with kind and title, of a callout in a quotation (GitHub, Obsidian) and of an admonition (MkDocs, Docusaurus). */
const CALLOUT = /^ {0,3}>[ \t]?\[![\p{L}-]+\]/u;
export const ADMONITION = /^ {0,3}(?:!!!|\?\?\?\+?|:{3,})[ \t]*\p{L}/u;
const EMPTY_QUOTE = /^[ \t>]*$/;
const CONTAINER_MARKS = /^(?:[ \t]*(?:(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$)|>))*[ \t]*/;
export const INDENTED = /^(?: {4}| {0,3}\t)/;
export const TABLE_RULE = /^ {0,3}\|?[ \t]*:?-+:?(?:[ \t]*\|[ \t]*:?-+:?)*[ \t]*(?:\|[ \t]*)?$/;
/** The first line of an import or export in MDX. */
export const MODULE_LINE =
  /^(?:import[ \t]+(?:\{|(?:[\w$*][\w$*,{} \t]{0,300} from[ \t]+)?(?:"[^"]+"|'[^']+');?[ \t]*(?:\/\/|$))|export[ \t]+(?:(?:const|let)[ \t]+[\w${[][^=]{0,300}=|default[ \t]*(?:[({]|(?:async[ \t]+)?function\b[^(]{0,300}\(|[\w$.]+(?:\(|;?[ \t]*$))|(?:async[ \t]+)?function[ \t]+[\w$]+[ \t]*\(|\{|\*[ \t]))/;
const HTML_UNTIL_MARK = /^ {0,3}<(?:(!--)|(script|pre|style|textarea)(?=[\s>]|$))/i;
const HTML_TAG_ALONE =
  /^ {0,3}<(?:\/[a-z][a-z0-9-]*[ \t]*|[a-z][a-z0-9-]*(?:[ \t]+[a-z_:][\w.:-]*(?:[ \t]*=[ \t]*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*[ \t]*\/?)>[ \t]*$/i;
const HTML_BLOCK = new RegExp(
  '^ {0,3}</?(?:address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|' +
    'fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem|' +
    'nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul)(?=\\s|/?>|$)',
  'i',
);

/** A line without its line end, and where the next line begins. */
export function lineAt(source: string, start: number): { text: string; next: number } {
  const lineEnd = source.indexOf('\n', start);
  return lineEnd === -1
    ? { text: source.slice(start), next: source.length }
    : { text: source.slice(start, lineEnd), next: lineEnd + 1 };
}

/** Whether a line ends the paragraph before it. */
export function interrupts(line: string): boolean {
  return (
    (ATX_HEADING.test(line) && line.length <= LONGEST_HEADING) ||
    FENCE.test(line) ||
    THEMATIC_BREAK.test(line) ||
    QUOTE.test(line) ||
    ITEM_AFTER_PARAGRAPH.test(line) ||
    HTML_UNTIL_MARK.test(line) ||
    HTML_BLOCK.test(line)
  );
}

export function fenceEnd(source: string, start: number): number {
  const first = lineAt(source, start);
  const fence = FENCE.exec(first.text)?.[1] ?? '';
  for (let at = first.next; at < source.length; ) {
    const line = lineAt(source, at);
    at = line.next;
    if (!INDENTED.test(line.text) && closesFence(line.text, fence)) return at;
  }
  return source.length;
}

function closesFence(line: string, fence: string): boolean {
  const mark = FENCE.exec(line.trimStart())?.[1] ?? '';
  return mark.length >= fence.length && mark[0] === fence[0] && line.trim() === mark;
}

export function indentedEnd(source: string, start: number): number {
  let end = start;
  for (let at = start; at < source.length; ) {
    const line = lineAt(source, at);
    const blank = BLANK.test(line.text);
    if (!blank && !INDENTED.test(line.text)) break;
    at = line.next;
    if (!blank) end = at;
  }
  return end;
}

/** Consecutive items of any kind are one list. The start of each item, nested ones included, is added to `breaks`. */
export function listEnd(source: string, start: number, breaks: number[]): number {
  let end = start;
  let contentIndent = 0;
  let fence = '';
  let mayGoOn = false;
  for (let at = start; at < source.length; ) {
    const { text, next } = lineAt(source, at);
    if (BLANK.test(text)) {
      mayGoOn = false;
      at = next;
      continue;
    }
    const inside = indentOf(text) >= contentIndent && contentIndent > 0;
    if (!inside) {
      fence = '';
      if (ITEM.test(text) && !THEMATIC_BREAK.test(text)) contentIndent = contentIndentOf(text);
      else if (!mayGoOn || interrupts(text)) break;
    }
    if (fence) {
      if (closesFence(text, fence)) fence = '';
    } else {
      if (ITEM_AT_ANY_DEPTH.test(text)) breaks.push(at);
      fence = FENCE.exec(text.replace(ITEM_AT_ANY_DEPTH, '').trimStart())?.[1] ?? '';
    }
    mayGoOn = fence === '' && isParagraphLine(text);
    at = next;
    end = at;
  }
  return end;
}

/** Whether the next line may continue this line's paragraph without the marks of the list or quotation that it is in. */
function isParagraphLine(line: string): boolean {
  const text = line.replace(CONTAINER_MARKS, '');
  return (
    text !== '' && ![ATX_HEADING, FENCE, THEMATIC_BREAK, HTML_UNTIL_MARK, HTML_BLOCK].some((other) => other.test(text))
  );
}

/** The columns of white space at a line's beginning; a tab reaches to the next multiple of four. */
function indentOf(line: string): number {
  let columns = 0;
  for (const character of line) {
    if (character === ' ') columns++;
    else if (character === '\t') columns += 4 - (columns % 4);
    else break;
  }
  return columns;
}

/** The column where an item's own text begins: lines indented that far belong to it. */
function contentIndentOf(line: string): number {
  const opening = ITEM.exec(line)?.[0] ?? '';
  const marker = opening.trimEnd();
  const gap = opening.length - marker.length;
  return gap >= 1 && gap <= 4 && opening.length < line.length ? opening.length : marker.length + 1;
}

export function quoteEnd(source: string, start: number, breaks: number[]): number {
  let at = start;
  let startsAnew = false;
  let mayGoOn = false;
  while (at < source.length) {
    const { text, next } = lineAt(source, at);
    const quoted = QUOTE.test(text);
    if (!quoted && (!mayGoOn || BLANK.test(text) || interrupts(text))) break;
    mayGoOn = isParagraphLine(text);
    if (startsAnew) breaks.push(at);
    startsAnew = quoted && (EMPTY_QUOTE.test(text) || CALLOUT.test(text));
    at = next;
  }
  return at;
}

/** The end of the HTML block that begins here, or null. It is prose, but has no Markdown headings. */
export function htmlEnd(source: string, start: number): number | null {
  const first = lineAt(source, start);
  const opening = HTML_UNTIL_MARK.exec(first.text);
  if (opening) {
    const mark = opening[1] ? /-->/g : /<\/(?:script|pre|style|textarea)>/gi;
    mark.lastIndex = start;
    const closing = mark.exec(source);
    return closing ? lineAt(source, closing.index).next : source.length;
  }
  if (!HTML_BLOCK.test(first.text) && !HTML_TAG_ALONE.test(first.text)) return null;
  return blankLineAfter(source, first.next);
}

/** The next blank line, which ends HTML, and an import or export in MDX. */
export function blankLineAfter(source: string, start: number): number {
  let at = start;
  while (at < source.length) {
    const { text, next } = lineAt(source, at);
    if (BLANK.test(text)) break;
    at = next;
  }
  return at;
}

export function tableEnd(source: string, start: number): number {
  let at = start;
  while (at < source.length) {
    const { text, next } = lineAt(source, at);
    if (BLANK.test(text) || interrupts(text)) break;
    at = next;
  }
  return at;
}
