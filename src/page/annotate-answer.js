// @ts-check
// Links the sentences of an answer that stands on the page to the evidence that supports them.
import { linkSentences, partsOf, splitSentences } from './link-sentences.js';

/** @typedef {import('./link-sentences.js').Evidence} Evidence */

const blocks = 'p, li, td, blockquote, div';
/** Headings and code make no claims that evidence could support. */
const noClaims = 'h1, h2, h3, h4, h5, h6, th, pre';

/**
 * Wraps each sentence in spans, and puts a button after it if it has evidence, or else a note.
 * @param {HTMLElement} root
 * @param {Evidence[]} evidence
 * @param {boolean} marksUnsupported
 */
export function annotate(root, evidence, marksUnsupported) {
  const blocksOfText = textsOf(root);
  const sentences = blocksOfText.map((nodes) => {
    const text = nodes.map(({ data }) => data).join('');
    return splitSentences(text).map(({ start, end }) => ({ start, end, text: text.slice(start, end) }));
  });
  const links = linkSentences(
    sentences.flat().map(({ text }) => text),
    evidence,
  );
  let before = 0;
  for (const [at, nodes] of blocksOfText.entries()) {
    const own = /** @type {{ start: number, end: number }[]} */ (sentences[at]);
    const parts = partsOf(nodes, own);
    for (const [index, node] of nodes.entries()) {
      const marked = (parts[index] ?? []).flatMap(({ sentence, ...part }) => {
        const link = links[before + sentence] ?? null;
        return link === null && !marksUnsupported ? [] : [{ ...part, link }];
      });
      if (marked.length === 0) continue;
      const made = withMarks(node.data, marked, evidence);
      // In a link, a button would follow the link.
      node.parentElement?.closest('a')?.after(...made.querySelectorAll('.cite, .aside'));
      node.replaceWith(made);
    }
    before += own.length;
  }
}

/**
 * The text nodes of an answer that may hold claims, together if they are of one block.
 * @param {HTMLElement} root
 */
function textsOf(root) {
  /** @type {Map<Element, Text[]>} */
  const byBlock = new Map();
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = /** @type {HTMLElement} */ (node.parentElement);
    if (parent.closest(noClaims)) continue;
    const block = /** @type {Element} */ (parent.closest(blocks));
    const texts = byBlock.get(block);
    if (texts) texts.push(/** @type {Text} */ (node));
    else byBlock.set(block, [/** @type {Text} */ (node)]);
  }
  return [...byBlock.values()];
}

/**
 * A text with the parts of sentences in spans, and a button or note behind the last part of each sentence. It is made anew, since a text
 * node that is split is copied each time.
 * @param {string} text
 * @param {{ from: number, to: number, isLast: boolean, link: number | null }[]} parts
 * @param {Evidence[]} evidence
 */
function withMarks(text, parts, evidence) {
  const made = document.createDocumentFragment();
  let at = 0;
  for (const { from, to, isLast, link } of parts) {
    const span = document.createElement('span');
    span.className = link === null ? 'sentence unsupported' : 'sentence';
    if (link !== null) span.dataset.evidence = String(link);
    span.append(text.slice(from, to));
    if (from > at) made.append(text.slice(at, from));
    made.append(span);
    if (isLast)
      made.append(link === null ? unsupportedNote() : citeButton(link, /** @type {Evidence} */ (evidence[link])));
    at = to;
  }
  if (at < text.length) made.append(text.slice(at));
  return made;
}

/**
 * @param {number} at
 * @param {Evidence} evidence
 */
function citeButton(at, { quote }) {
  const button = document.createElement('button');
  button.type = 'button';
  button.lang = 'en';
  button.className = 'cite';
  button.dataset.evidence = String(at);
  button.textContent = String(at + 1);
  button.setAttribute(
    'aria-label',
    `Show evidence ${at + 1}: “${quote.length > 80 ? `${quote.slice(0, 80)}…` : quote}”`,
  );
  return button;
}

function unsupportedNote() {
  const note = document.createElement('span');
  note.className = 'no-evidence';
  note.textContent = 'no evidence';
  const aside = document.createElement('span');
  aside.className = 'aside';
  aside.lang = 'en';
  // The space keeps the note's first word apart from the sentence's last where they are read aloud.
  aside.append(' ', note);
  return aside;
}
