import { compile, type DomNode, type FormatCallback, type HtmlToTextOptions } from 'html-to-text';
import type { LoadedDocument } from '../loaded-document.ts';
import { withClosings } from './html-closings.ts';
import { listFormatters } from './html-lists.ts';
import { close, open, readMarks, withoutMarks } from './html-marks.ts';
import { formula } from './html-math.ts';
import { struck } from './html-struck.ts';
import {
  contentsLists,
  editLinks,
  lineNumbers,
  mainContent,
  openerAround,
  ownHeader,
  surroundingFormatters,
  surroundings,
} from './html-surroundings.ts';
import { tableFormatters } from './html-tables.ts';
import { lowered, raised } from './raised.ts';

const skipped = 'nav script style noscript template svg select datalist textarea iframe object canvas audio video img';
/** The last four are how Word and mails hide text. What `display:none` alone hides is often unfolded by a click. */
const hidden = [
  '[aria-hidden="true"]',
  '[style*="display:none"][style*="mso-hide:all"]',
  '[style*="display:none"][style*="mso-hide: all"]',
  '[style*="display: none"][style*="mso-hide:all"]',
  '[style*="display: none"][style*="mso-hide: all"]',
];
const plainBlocks =
  'address aside blockquote caption center dd details dialog dl dt fieldset figcaption figure form hgroup legend search section summary';
/** How words are pronounced, above them (ruby), which would part them; and where a page of the printed book began. */
const besideText = ['rt', 'rp', '[epub\\:type="pagebreak"]', '[role="doc-pagebreak"]'];
/** Whether an element is a link without words, to the heading beside it (¶, #) or back from a note (↑, ↩). */
const isAnchor = (link: DomNode) =>
  link.attribs?.href?.startsWith('#') &&
  link.children?.every(
    ({ type, data }) => type === 'text' && /^(?:[\s¶#§↑↩]|[\ufe0e\ufe0f]|\u200b)*$/.test(data ?? ''),
  ) &&
  !isOfNumber(link);

/** Whether a link's sign belongs to the number after it: § 5. */
const isOfNumber = (link: DomNode & { next?: DomNode | null }) =>
  /[#§]\s*$/.test(link.children?.at(-1)?.data ?? '') && /^\s*\d/.test(link.next?.data ?? '') && !openerAround(link);

const isRaisedAlready = ({ parent, children = [] }: DomNode) =>
  parent?.name === 'sup' || children.some(({ name }) => name === 'sup');

const formatters: Record<string, FormatCallback> = {
  formula,
  struck,
  ...tableFormatters,
  ...listFormatters,
  ...surroundingFormatters,
  /** Puts the given mark around an element's text, set apart by `lines` line ends. */
  marked(element, walk, builder, { mark, lines }) {
    builder.openBlock({ leadingLineBreaks: lines, isPre: mark === 'code' });
    builder.addInline(open(mark));
    walk(element.children, builder);
    builder.addInline(close);
    builder.closeBlock({ trailingLineBreaks: lines });
  },
  heading(element, walk, builder) {
    builder.openBlock({ leadingLineBreaks: 2 });
    builder.addInline(open(element.name as 'h1'));
    walk(element.children, builder);
    builder.addInline(close);
    builder.closeBlock({ trailingLineBreaks: 2 });
  },
  /** A tag in a table of Notion's, which only its style sets apart from the next one. */
  tag(element, walk, builder) {
    builder.addInline(' ');
    walk(element.children, builder);
  },
  raised(element, walk, builder) {
    const text = (element.name === 'sup' ? raised : lowered)(element);
    if (text === null) walk(element.children, builder);
    else builder.addInline(text);
  },
  /** Raises the mark of a note, where a book does that by its style sheet instead of a `sup`. */
  link(element, walk, builder) {
    if (isAnchor(element)) return;
    const { role, 'epub:type': type, class: ofClass } = element.attribs ?? {};
    // The class is what pandoc writes in EPUB 2, which has neither a role nor a type for it.
    const isNote = role === 'doc-noteref' || type === 'noteref' || ofClass === 'footnote-ref';
    const text = isNote ? raised(element) : null;
    if (text === null || isRaisedAlready(element)) walk(element.children, builder);
    else builder.addInline(text);
  },
};

function options(skip: string[]): HtmlToTextOptions {
  const each = (selectors: string, format: string, formatOptions = {}) =>
    selectors.split(' ').map((selector) => ({ selector, format, options: formatOptions }));
  return {
    baseElements: { selectors: [] },
    wordwrap: false,
    // Without U+200B, which separates no words.
    whitespaceCharacters: ' \t\r\n\f',
    limits: { maxInputLength: Number.MAX_SAFE_INTEGER },
    formatters,
    selectors: [
      ...each('h1 h2 h3 h4 h5 h6', 'heading'),
      ...each('ul ol menu', 'list'),
      ...each('li', 'item'),
      ...each('tr', 'row'),
      ...each('td th', 'cell'),
      ...each('sup sub', 'raised'),
      ...each('title', 'marked', { mark: 'title', lines: 2 }),
      ...each('table', 'table'),
      ...each('s del strike', 'struck'),
      ...each('input[type="checkbox"][disabled] div.checkbox-on div.checkbox-off', 'checkbox'),
      ...each('pre', 'marked', { mark: 'code', lines: 2 }),
      ...each('a', 'link'),
      ...each('span.selected-value', 'tag'),
      ...each('math', 'formula'),
      ...each('hr', 'block'),
      ...each(plainBlocks, 'block', { leadingLineBreaks: 2, trailingLineBreaks: 2 }),
      ...skip.map((selector) => ({ selector, format: 'skip' })),
      { selector: '[hidden]', format: 'hidden' },
    ],
  };
}

const each = (selectors: string[], format: string) => selectors.map((selector) => ({ selector, format }));
const contentOptions = options([...skipped.split(' '), ...hidden, ...lineNumbers, ...editLinks, ...besideText]);
const contentSelectors = [...(contentOptions.selectors ?? []), ...each(['button'], 'button')];
const pageOptions = {
  ...contentOptions,
  selectors: [
    ...contentSelectors,
    ...each(surroundings, 'skip'),
    ...each(ownHeader, 'block'),
    ...each(contentsLists, 'contents'),
  ],
};
const convertArticle = compile(pageOptions);
/** For what a page says is its main content. */
const convertMain = compile({ ...pageOptions, baseElements: { selectors: mainContent, orderBy: 'occurrence' } });
/** For chapters of books and converted Word documents, which are all content: a header holds the heading, a footer the notes. */
const convertContent = compile({
  ...contentOptions,
  selectors: [
    ...contentSelectors,
    { selector: 'input[type="checkbox"]', format: 'checkbox' },
    // Sphinx's lists of what follows.
    { selector: '.toctree-wrapper', format: 'skip' },
  ],
});
const MAIN_CONTENT = /<main[\s>]|\srole=["']?main\b/i;
/** For pages with no text but in their header, navigation or controls. */
const convertWhole = compile(options(['script', 'style', 'noscript', 'template', 'svg', ...hidden]));

/**
 * HTML as readable text, made with html-to-text. Navigation and what else surrounds a page's main content, its table of contents, header and
 * footer, form controls, scripts, pictures and hidden
 * elements are left out. Links keep only their words, rows of tables become lines, raised digits stay raised (10⁶), struck text is
 * ~~struck~~, and headings, lists and code blocks are kept track of. The title is the `<title>`, or else the first `<h1>`.
 * @param kind `content` for text that is no page, such as a book's chapter, whose header and footer are kept
 * @throws {AppError} `BAD_DOCUMENT` when elements nest deeper than any real page's.
 */
export function loadHtml(source: string, kind: 'page' | 'content' = 'page'): Omit<LoadedDocument, 'format'> {
  const cleaned = withClosings(withoutMarks(source));
  const page = readMarks((kind === 'page' ? convertArticle : convertContent)(cleaned));
  if (page.text === '') return { ...readMarks(convertWhole(cleaned)), title: page.title };
  if (kind === 'content' || !MAIN_CONTENT.test(cleaned)) return page;
  const main = readMarks(convertMain(cleaned));
  return isShownMost(main, page) ? { ...main, title: page.title } : page;
}

/** Whether what a page calls its main content is shown, and holds most of its text and all its headings of the first level. */
function isShownMost(main: Omit<LoadedDocument, 'format'>, page: Omit<LoadedDocument, 'format'>): boolean {
  const titles = ({ headings }: typeof page) => headings.filter(({ level }) => level === 1).length;
  const isMost = main.text.length * 2 >= page.text.length && titles(main) === titles(page);
  if (!isMost) return false;
  // The converter also finds main content within what is hidden or a template.
  const shown = new Set(page.text.split('\n'));
  return main.text.split('\n').every((line) => shown.has(line));
}
