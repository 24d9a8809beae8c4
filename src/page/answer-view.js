// @ts-check
// The answer: its text, each sentence with the evidence that bears it out.
import { html } from 'htm/preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { linkSentences, splitSentences } from './link-sentences.js';

/** @typedef {import('./link-sentences.js').Evidence} Evidence */

const blocks = 'p, li, td, blockquote, div';
/** Headings and code claim nothing that could be borne out. */
const noClaims = 'h1, h2, h3, h4, h5, h6, th, pre';

/**
 * @param {{
 *   text: string,
 *   isMarkdown: boolean,
 *   evidence: Evidence[],
 *   marksUnsupported: boolean,
 *   current: number | null,
 *   onPick: (evidence: number) => void,
 * }} props `isMarkdown`: a model wrote it; otherwise it is quoted, and shown as it stands
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
  const pick = (/** @type {MouseEvent} */ event) => {
    const picked = /** @type {HTMLElement} */ (event.target).closest('[data-evidence]');
    // Who selects a text to copy it, or follows a link, doesn't ask for evidence.
    if (!picked || !getSelection()?.isCollapsed || /** @type {HTMLElement} */ (event.target).closest('a')) return;
    onPick(Number(/** @type {HTMLElement} */ (picked).dataset.evidence));
  };
  // The buttons in it are what keyboards reach; the click on a sentence is a shortcut for the mouse
  return html`<div class="answer-text" ref=${place} onClick=${pick}></div>`;
}

/**
 * The renderer of Markdown, once it has been fetched; until then, and without a model, text is text.
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
 * Wraps every sentence in spans and puts a button behind those that have evidence, words behind those that have none.
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
  // From the last to the first, so that what is split off a text node leaves the offsets before it as they are.
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
    spans.at(-1)?.after(link === null ? unsupportedNote() : citeButton(link, /** @type {Evidence} */ (evidence[link])));
  }
}

/**
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
  return note;
}
