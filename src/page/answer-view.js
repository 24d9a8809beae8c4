// @ts-check
// An answer's text, each sentence linked to the evidence that supports it.
import { html } from 'htm/preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { linkSentences, splitSentences } from './link-sentences.js';

/** @typedef {import('./link-sentences.js').Evidence} Evidence */

const blocks = 'p, li, td, blockquote, div';
/** Headings and code make no claims that evidence could support. */
const noClaims = 'h1, h2, h3, h4, h5, h6, th, pre';

/**
 * @param {{
 *   text: string,
 *   isMarkdown: boolean,
 *   evidence: Evidence[],
 *   marksUnsupported: boolean,
 *   current: number | null,
 *   onPick: (evidence: number, button: HTMLElement | undefined) => void,
 * }} props `isMarkdown`: a model wrote the answer; otherwise it is quoted from documents, and shown as plain text; `onPick` is given the
 *   button of the sentence too
 */
export function Answer({ text, isMarkdown, evidence, marksUnsupported, current, onPick }) {
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  const render = useMarkdown(isMarkdown);
  useLayoutEffect(() => {
    const root = /** @type {HTMLDivElement} */ (place.current);
    root.replaceChildren(render ? render(text) : text);
    root.classList.toggle('plain', !render);
    if (evidence.length > 0 || marksUnsupported) annotate(root, evidence, marksUnsupported);
  }, [text, render, evidence, marksUnsupported]);
  useEffect(() => {
    for (const each of place.current?.querySelectorAll('[data-evidence]') ?? [])
      each.classList.toggle('current', Number(/** @type {HTMLElement} */ (each).dataset.evidence) === current);
  });
  const pick = (/** @type {any} */ event) => {
    /** @type {HTMLElement | null} */
    const picked = event.target.closest('[data-evidence]');
    // Selecting text, or following a link, isn't asking for evidence.
    if (!picked || !getSelection()?.isCollapsed || event.target.closest('a')) return;
    /** @type {HTMLElement[]} */
    const buttons = [...event.currentTarget.querySelectorAll('.cite')];
    // A sentence's button comes after it.
    const button = buttons.find(
      (each) => each === picked || picked.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING,
    );
    onPick(Number(picked.dataset.evidence), button);
  };
  // Keyboards reach the buttons within; clicking a sentence is a shortcut for the mouse.
  return html`<div class="answer-text" ref=${place} onClick=${pick}></div>`;
}

/**
 * The Markdown renderer, once it has been fetched; null before that, and for answers that aren't Markdown.
 * @param {boolean} isMarkdown
 */
function useMarkdown(isMarkdown) {
  const [renderer, setRenderer] = useState(/** @type {typeof import('./markdown.js') | null} */ (null));
  useEffect(() => {
    if (isMarkdown) import('./markdown.js').then(setRenderer, () => {});
  }, [isMarkdown]);
  return isMarkdown ? (renderer?.renderMarkdown ?? null) : null;
}

/**
 * Wraps each sentence in spans, and puts a button after it if it has evidence, or else a note.
 * @param {HTMLElement} root
 * @param {Evidence[]} evidence
 * @param {boolean} marksUnsupported
 */
function annotate(root, evidence, marksUnsupported) {
  const sentences = sentencesOf(root);
  const links = linkSentences(
    sentences.map(({ text }) => text),
    evidence,
  );
  // Last to first, so that splitting a text node doesn't change the offsets before it.
  for (const [at, { parts }] of [...sentences.entries()].reverse()) {
    const link = links[at] ?? null;
    if (link === null && !marksUnsupported) continue;
    /** @type {HTMLElement[]} */
    const spans = parts.map(({ node, from, to }) => {
      const span = document.createElement('span');
      span.className = link === null ? 'sentence unsupported' : 'sentence';
      if (link !== null) span.dataset.evidence = String(link);
      const middle = node.splitText(from);
      middle.splitText(to - from);
      middle.replaceWith(span);
      span.append(middle);
      return span;
    });
    if (link === null) spans.at(-1)?.after(unsupportedNote());
    else spans.at(-1)?.after(citeButton(link, /** @type {Evidence} */ (evidence[link])));
  }
}

/**
 * The sentences of an answer, each with the parts of text nodes that it consists of.
 * @param {HTMLElement} root
 * @returns {{ text: string, parts: { node: Text, from: number, to: number }[] }[]}
 */
function sentencesOf(root) {
  /** @type {Map<Element, Text[]>} */
  const byBlock = new Map();
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = /** @type {HTMLElement} */ (node.parentElement);
    if (parent.closest(noClaims)) continue;
    const block = /** @type {Element} */ (parent.closest(blocks));
    byBlock.set(block, [...(byBlock.get(block) ?? []), /** @type {Text} */ (node)]);
  }
  return [...byBlock.values()].flatMap((nodes) => {
    const text = nodes.map(({ data }) => data).join('');
    return splitSentences(text).map(({ start, end }) => {
      let begin = 0;
      const parts = nodes.flatMap((node) => {
        const from = Math.max(0, start - begin);
        const to = Math.min(node.length, end - begin);
        begin += node.length;
        return from < to ? [{ node, from, to }] : [];
      });
      return { text: text.slice(start, end), parts };
    });
  });
}

/**
 * @param {number} at
 * @param {Evidence} evidence
 */
function citeButton(at, { quote }) {
  const button = document.createElement('button');
  button.type = 'button';
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
  // The space keeps the note's first word apart from the sentence's last where they are read aloud.
  aside.append(' ', note);
  return aside;
}
