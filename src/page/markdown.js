// @ts-check
// A model's Markdown as safe HTML: HTML and images in it stay text.
import purify from 'dompurify';
import { Marked } from 'marked';

/** @param {string} text */
const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const marked = new Marked({
  gfm: true,
  breaks: true,
  // The answer stands below its question, which is a heading of the second level.
  walkTokens(token) {
    if (token.type === 'heading') token.depth = Math.min(token.depth + 2, 6);
  },
  tokenizer: {
    // An answer may begin with a year, or be a number and a full stop: that is no item of a list.
    list: (source) => (/^ {0,3}(?:\d{3,}[.)]|\d+[.)][ \t]*(?:\n|$))/.test(source) ? undefined : false),
    // One tilde stands for “about”, or before an index as in H~2~O: only two strike out.
    del: (source) => (source.startsWith('~~') ? false : undefined),
  },
  renderer: {
    // HTML in an answer is text, not part of the page, and images are not fetched.
    html: ({ text, block }) => (block ? `<p>${escaped(text)}</p>` : escaped(text)),
    image: ({ raw }) => escaped(raw),
    // A task of a list, done or not.
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
  },
});

purify.addHook('afterSanitizeAttributes', (element) => {
  if (/^(?:PRE|TABLE)$/.test(element.tagName)) {
    // Long lines of code and wide tables scroll; for keyboards to scroll them, they must be focusable.
    const isCode = element.tagName === 'PRE';
    element.setAttribute('tabindex', '0');
    if (isCode) element.setAttribute('role', 'group');
    element.setAttribute('aria-label', isCode ? 'Code' : 'Table');
  }
  // Bullets go on the side where the list's text begins.
  if (/^(?:UL|OL|BLOCKQUOTE|TABLE)$/.test(element.tagName)) element.setAttribute('dir', 'auto');
  if (element.tagName !== 'A' || !element.hasAttribute('href')) return;
  element.setAttribute('target', '_blank');
  element.setAttribute('rel', 'noopener noreferrer');
});

/**
 * @param {string} markdown
 * @returns {DocumentFragment}
 */
export function renderMarkdown(markdown) {
  const html = /** @type {string} */ (marked.parse(markdown, { async: false }));
  return purify.sanitize(html, {
    RETURN_DOM_FRAGMENT: true,
    ALLOWED_TAGS:
      'p br strong em del code pre ul ol li blockquote h1 h2 h3 h4 h5 h6 hr a table thead tbody tr th td'.split(' '),
    ALLOWED_ATTR: ['href', 'start', 'align'],
    ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
    // Without this, the number at which a list starts would have to look like a link as well.
    ADD_URI_SAFE_ATTR: ['start', 'align'],
  });
}
