import type { DomNode, FormatCallback } from 'html-to-text';

/** Elements that a page may say hold what it is about. */
export const mainContent = ['main', '[role="main"]'];

/**
 * What surrounds an article on its page (`#breadcrumb-section` is Confluence's, `.navheader` and `.navfooter` are DocBook's, `.nav-panel` Texinfo's).
 * An article's own header holds its heading, so it stays.
 */
export const surroundings: string[] = [
  ...['header', 'footer', '#footer', '[role="navigation"]', '[role="banner"]', '[role="contentinfo"]'],
  ...['#breadcrumb-section', '.navheader', '.navfooter', '.nav-panel'],
];
export const ownHeader: string[] = ['article > header', 'main > header', 'section > header'];

/** Links in the text to change it or to its source (MediaWiki's, Sphinx's). */
export const editLinks: string[] = ['.mw-editsection', '.mw-jump-link', '.viewcode-link', '.viewcode-back'];
/** Line numbers beside code: Pygments' (Sphinx, MkDocs), Rouge's (Jekyll), Chroma's (Hugo), Hexo's, rustdoc's. */
export const lineNumbers: string[] = [
  ...['td.linenos', 'span.linenos', 'td.rouge-gutter', 'td.gutter', 'span.lnt', 'a[data-nosnippet][id]'],
];

/** Lists of a page's own headings, and others that are named like them (AsciiDoc, MediaWiki, Org, older pandoc, DocBook). */
export const contentsLists: string[] = ['#toc', '#TOC', '.toc', '#table-of-contents'];
/** A page that is a list of others has longer ones. */
const MOST_LINKS = 10_000;
/** A text (in UTF-16 code units) outside of links that is no heading or number of such a list. */
const SHORTEST_PROSE = 60;

/** Within these, a button is not a control but text to read, such as a question that it unfolds. */
const openers = new Set('h1 h2 h3 h4 h5 h6 summary dt'.split(' '));

/** What of a list of links is no text beside these. */
const wordless = new Set(['a', 'script', 'style', 'svg']);

export function openerAround({ parent }: DomNode): DomNode | null {
  for (let outer = parent; outer; outer = outer.parent) if (openers.has(outer.name ?? '')) return outer;
  return null;
}

export const surroundingFormatters: Record<'contents' | 'button' | 'hidden', FormatCallback> = {
  /** Leaves out a table of contents that is nothing but links to places on the same page, where its headings are. */
  contents(element, walk, builder) {
    const links = linksIn(element, []);
    const isOfPage = links.length > 1 && links.every(({ attribs }) => attribs?.href?.startsWith('#') ?? true);
    if (isOfPage && !hasProse(element)) return;
    builder.openBlock({ leadingLineBreaks: 1 });
    walk(element.children, builder);
    builder.closeBlock({ trailingLineBreaks: 1 });
  },
  /** Leaves out a button, unless it unfolds what follows. One that says less than the rest of a heading is a control (`Copy path`). */
  button(element, walk, builder) {
    const opener = openerAround(element);
    if (opener && wordsBesideButtons(opener) <= lengthOf(element, true)) walk(element.children, builder);
  },
  /** Leaves out a hidden element, unless a search (`hidden="until-found"`) or a click on its tab unfolds it. */
  hidden(element, walk, builder) {
    const { attribs = {} } = element;
    if (attribs.hidden?.toLowerCase() !== 'until-found' && attribs.role !== 'tabpanel') return;
    delete attribs.hidden;
    walk([element], builder);
  },
};

/** The links within an element, as far as there may be in a page's own table of contents. */
function linksIn({ children = [] }: DomNode, links: DomNode[]): DomNode[] {
  for (const child of children) {
    if (links.length >= MOST_LINKS) break;
    if (child.name === 'a') links.push(child);
    else linksIn(child, links);
  }
  return links;
}

const hasProse = ({ children = [] }: DomNode): boolean =>
  children.some((child) =>
    child.type === 'text'
      ? (child.data ?? '').trim().length >= SHORTEST_PROSE
      : !wordless.has(child.name ?? '') && hasProse(child),
  );

/** Longer headings (in UTF-16 code units) aren't measured to their end. */
const LONGEST_MEASURED = 1_000;
const measured = new WeakMap<DomNode, number>();

/** The length of an element's text outside of buttons, measured once for all buttons in it. */
function wordsBesideButtons(opener: DomNode): number {
  const length = measured.get(opener) ?? lengthOf(opener, false);
  measured.set(opener, length);
  return length;
}

function lengthOf({ type, data, children = [] }: DomNode, withButtons: boolean): number {
  let length = type === 'text' ? (data ?? '').trim().length : 0;
  for (const child of children) {
    if (length > LONGEST_MEASURED) break;
    if (withButtons || child.name !== 'button') length += lengthOf(child, withButtons);
  }
  return length;
}
