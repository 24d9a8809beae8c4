import { fromMarkdown } from 'mdast-util-from-markdown';
import { type Span, trimSpan } from '../../sentences.ts';
import { type Block, type Heading, LONGEST_HEADING, type LoadedDocument } from '../loaded-document.ts';
import {
  ADMONITION,
  ATX_HEADING,
  BLANK,
  blankLineAfter,
  FENCE,
  fenceEnd,
  htmlEnd,
  INDENTED,
  ITEM,
  indentedEnd,
  interrupts,
  lineAt,
  listEnd,
  MODULE_LINE,
  QUOTE,
  quoteEnd,
  SETEXT_UNDERLINE,
  TABLE_RULE,
  THEMATIC_BREAK,
  tableEnd,
} from './markdown-blocks.ts';

/** How many headings have their inline markup parsed (50 µs each); those of further ones are taken literally. */
const PARSED_HEADINGS = 5_000;

const INLINE_MARKUP = /[*_`[\]<>&\\!]/;
/** The beginning of front matter in YAML, possibly with comments first, or in TOML. */
const FRONT_MATTER = /^(?:---[ \t]*\n(?=(?:#[^\n]*\n)*[A-Za-z_][\w-]*[ \t]*:)|\+\+\+[ \t]*\n)/;
const YAML_END = /\n(?:---|\.\.\.)[ \t]*(?:\n|$)/;
const TOML_END = /\n\+\+\+[ \t]*(?:\n|$)/;
const FRONT_MATTER_WITHIN = 20_000;
const FRONT_MATTER_TITLE = /^title[ \t]*[:=][ \t]*(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"'|>[{#](?:(?![ \t]#)[^\n])*))/im;
/** A heading's id or classes, which many renderers of Markdown don't show: `## Words {#id}`. */
const HEADING_ATTRIBUTES = /[ \t]+\{[#.][^{}]*\}$/;

/**
 * Finds the headings, tables, code and lists of Markdown, whose source is the document's text as it is. Blocks are read line by line, in
 * linear time, following CommonMark at the top level and GitHub for tables: the reference parser takes half a minute for 80 kB of hostile
 * headings. It still parses the markup within headings, and the tests compare the results with it. Two deliberate differences: a heading
 * has at most 300 code units, and headings inside lists and quotations are prose. The title is the front matter's `title`, or else the
 * first heading of level 1.
 */
export function loadMarkdown(source: string): Omit<LoadedDocument, 'format'> {
  const headings: Heading[] = [];
  const blocks: Block[] = [];
  const breaks: number[] = [];
  const frontMatter = findFrontMatter(source);
  if (frontMatter.end > 0) blocks.push({ ...frontMatter, kind: 'code' });

  let start = frontMatter.end;
  while (start < source.length) {
    const { text, next } = lineAt(source, start);
    const level = text.length <= LONGEST_HEADING ? ATX_HEADING.exec(text)?.[1]?.length : undefined;
    if (BLANK.test(text)) start = next;
    else if (level) start = addHeading(level, start, next, withoutMarks(text));
    else if (FENCE.test(text)) start = addBlock('code', start, fenceEnd(source, start));
    else if (THEMATIC_BREAK.test(text)) start = next;
    else if (INDENTED.test(text)) start = addBlock('code', start, indentedEnd(source, start));
    else if (ITEM.test(text)) start = addBlock('list', start, listEnd(source, start, breaks));
    else if (QUOTE.test(text)) start = quoteEnd(source, start, breaks);
    else if (MODULE_LINE.test(text)) start = addBlock('code', start, blankLineAfter(source, start));
    else start = htmlEnd(source, start) ?? paragraphEnd(start);
  }

  const title = frontMatterTitle(source, frontMatter) ?? headings.find(({ level }) => level === 1)?.text ?? null;
  return { text: source, title, headings, blocks, breaks };

  function addBlock(kind: Block['kind'], blockStart: number, end: number): number {
    blocks.push({ start: blockStart, end, kind });
    return end;
  }

  function addHeading(level: number, headingStart: number, end: number, words: string): number {
    const text = headings.length < PARSED_HEADINGS ? plain(words) : words;
    if (text !== '') headings.push({ ...trimSpan(source, headingStart, end), level, text });
    return end;
  }

  /** The end of a paragraph, or of the underlined heading or the table that only its later lines reveal. */
  function paragraphEnd(first: number): number {
    const opening = lineAt(source, first);
    if (ADMONITION.test(opening.text)) breaks.push(opening.next);
    let at = opening.next;
    let previous = first;
    while (at < source.length) {
      const { text, next } = lineAt(source, at);
      if (SETEXT_UNDERLINE.test(text) && next - first <= LONGEST_HEADING) {
        return addHeading(text.includes('=') ? 1 : 2, first, next, source.slice(first, at).trim());
      }
      if (text.includes('|') && TABLE_RULE.test(text) && source.slice(previous, at).includes('|')) {
        return addBlock('table', previous, tableEnd(source, next));
      }
      if (BLANK.test(text) || interrupts(text)) return at;
      previous = at;
      at = next;
    }
    return at;
  }
}

/** The words of a line like `## Words ##`. */
function withoutMarks(line: string): string {
  const words = line.replace(ATX_HEADING, '').trim();
  return words.replace(/(?:^|[ \t])#+$/, '').trim();
}

/** A heading's words without markup, on one line. */
function plain(markdown: string): string {
  const line = markdown.replace(/\s+/g, ' ').replace(HEADING_ATTRIBUTES, '');
  return INLINE_MARKUP.test(line)
    ? textOf(fromMarkdown(`# ${line}`))
        .replace(/\s+/g, ' ')
        .trim()
    : line;
}

type Node = { type: string; value?: string; alt?: string | null; children?: Node[] };

function textOf(node: Node): string {
  if (node.type === 'html') return '';
  return node.value ?? node.alt ?? node.children?.map(textOf).join('') ?? '';
}

function findFrontMatter(source: string): Span {
  const head = source.slice(0, FRONT_MATTER_WITHIN);
  const opening = FRONT_MATTER.exec(head);
  const closing = opening ? (opening[0].startsWith('+') ? TOML_END : YAML_END).exec(head) : null;
  return { start: 0, end: closing ? closing.index + closing[0].length : 0 };
}

function frontMatterTitle(source: string, frontMatter: Span): string | null {
  const title = FRONT_MATTER_TITLE.exec(source.slice(frontMatter.start, frontMatter.end));
  return (title?.[1] ?? title?.[2] ?? title?.[3])?.trim().slice(0, LONGEST_HEADING) || null;
}
