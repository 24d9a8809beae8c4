import { compile, type DomNode, type FormatCallback, type HtmlToTextOptions } from 'html-to-text';
import { AppError } from '../../errors.ts';
import type { LoadedDocument } from '../loaded-document.ts';
import { assertShallow } from './html-depth.ts';
import { listFormatters } from './html-lists.ts';
import { close, open, readMarks, withoutMarks } from './html-marks.ts';
import { formula } from './html-math.ts';
import { struck } from './html-struck.ts';
import { tableFormatters } from './html-tables.ts';
import { lowered, raised } from './raised.ts';

/** html-to-text walks the tree by recursion: what nests deeper than this is refused, so that the stack never overflows. */
const DEEPEST_WALK = 1_000;

const skipped = 'nav script style noscript template svg select datalist textarea iframe object canvas audio video img';
const hidden = ['[hidden]', '[aria-hidden="true"]'];
/** The numbers beside lines of code that Pygments (Sphinx, MkDocs) sets. */
const lineNumbers = ['td.linenos', 'span.linenos'];
const plainBlocks =
  'address aside blockquote caption dd details dl dt fieldset figcaption figure form legend section summary';
/** Within these a button is no control but what is to be read: the question that it unfolds. */
const openers = new Set('h1 h2 h3 h4 h5 h6 summary dt'.split(' '));

/** A link that leads to the heading beside it (¶, #), or back from a note (↑, ↩): no word. */
const isAnchor = ({ attribs, children = [] }: DomNode) =>
  attribs?.href?.startsWith('#') &&
  children.every(({ type, data }) => type === 'text' && /^(?:[\s¶#§↑↩]|[\ufe0e\ufe0f]|\u200b)*$/.test(data ?? ''));

const isRaisedAlready = ({ parent, children = [] }: DomNode) =>
  parent?.name === 'sup' || children.some(({ name }) => name === 'sup');

const formatters: Record<string, FormatCallback> = {
  formula,
  struck,
  ...tableFormatters,
  ...listFormatters,
  /** Sets the marks of `options.mark` around an element's text, which stands apart by `options.lines` line ends. */
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
  /** A control, which is left out, unless it unfolds what follows. */
  button(element, walk, builder) {
    for (let outer = element.parent; outer; outer = outer.parent)
      if (openers.has(outer.name ?? '')) return walk(element.children, builder);
  },
  raised(element, walk, builder) {
    const text = (element.name === 'sup' ? raised : lowered)(element);
    if (text === null) walk(element.children, builder);
    else builder.addInline(text);
  },
  /** The mark of a note that a book's style raises, where no `sup` does. */
  link(element, walk, builder) {
    if (isAnchor(element)) return;
    const { role, 'epub:type': type } = element.attribs ?? {};
    const text = role === 'doc-noteref' || type === 'noteref' ? raised(element) : null;
    if (text === null || isRaisedAlready(element)) walk(element.children, builder);
    else builder.addInline(text);
  },
};

const tooDeep = open('tooDeep');

function options(skip: string[]): HtmlToTextOptions {
  const each = (selectors: string, format: string, formatOptions = {}) =>
    selectors.split(' ').map((selector) => ({ selector, format, options: formatOptions }));
  return {
    baseElements: { selectors: [] },
    wordwrap: false,
    // Without U+200B, which parts no words.
    whitespaceCharacters: ' \t\r\n\f',
    limits: { maxDepth: DEEPEST_WALK, maxInputLength: Number.MAX_SAFE_INTEGER, ellipsis: tooDeep },
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
      ...each('math', 'formula'),
      ...each('hr', 'block'),
      ...each(plainBlocks, 'block', { leadingLineBreaks: 2, trailingLineBreaks: 2 }),
      ...skip.map((selector) => ({ selector, format: 'skip' })),
    ],
  };
}

/** What surrounds an article on its page (`#breadcrumb-section` in Confluence). The header of an article itself holds its heading, so it stays. */
const surroundings = ['header', 'footer', '#footer', '[role="navigation"]', '#breadcrumb-section'].map((selector) => ({
  selector,
  format: 'skip',
}));
const ownHeader = ['article > header', 'main > header', 'section > header'].map((selector) => ({
  selector,
  format: 'block',
}));
const contentOptions = options([...skipped.split(' '), ...hidden, ...lineNumbers]);
const contentSelectors = [...(contentOptions.selectors ?? []), { selector: 'button', format: 'button' }];
const convertArticle = compile({ ...contentOptions, selectors: [...contentSelectors, ...surroundings, ...ownHeader] });
/** A chapter of a book is all content: its header holds its heading, its footer its notes. What a Word document was made into is, too. */
const convertContent = compile({
  ...contentOptions,
  selectors: [...contentSelectors, { selector: 'input[type="checkbox"]', format: 'checkbox' }],
});
/** For pages that are nothing but a header. */
const convertWhole = compile(options(['script', 'style', 'noscript', 'template', 'svg', ...hidden]));

/**
 * HTML as readable text, made with html-to-text: navigation, header, footer (but those of a book's chapter), controls of forms,
 * scripts, pictures and hidden elements are left out, links keep their words only, rows of tables become lines, raised digits
 * stay raised (10⁶), what is struck is ~~struck~~, and headings, lists and code keep their places.
 * The title is the `<title>`, else the first `<h1>`. The page's own text is what passages are slices of from here on.
 * @throws {AppError} `BAD_DOCUMENT` when elements nest deeper than any real page's.
 */
export function loadHtml(source: string, kind: 'page' | 'content' = 'page'): Omit<LoadedDocument, 'format'> {
  assertShallow(source);
  const cleaned = withoutMarks(source);
  const convert = kind === 'page' ? convertArticle : convertContent;
  const page = readMarks(checked(convert(cleaned)));
  return page.text === '' ? { ...readMarks(checked(convertWhole(cleaned))), title: page.title } : page;
}

function checked(converted: string): string {
  if (!converted.includes(tooDeep)) return converted;
  throw new AppError('BAD_DOCUMENT', `The HTML nests elements more than ${DEEPEST_WALK} deep.`);
}
