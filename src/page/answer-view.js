// @ts-check
// An answer's text, each sentence linked to the evidence that supports it.
import { html } from 'htm/preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { annotate } from './annotate-answer.js';
import { drawnText } from './drawn-text.js';
import { redraw } from './keep-place.js';
import { withoutOverrides } from './without-overrides.js';

/** @typedef {import('./link-sentences.js').Evidence} Evidence */

/**
 * @param {{
 *   text: string,
 *   isMarkdown: boolean,
 *   isGrowing: boolean,
 *   evidence: Evidence[],
 *   marksUnsupported: boolean,
 *   current: number | null,
 *   onPick: (evidence: number, button: number) => void,
 * }} props `isMarkdown`: a model wrote the answer; otherwise it is quoted from documents, and shown as plain text; `isGrowing`: more
 *   of the text is to come; `onPick` is also given which of the answer's evidence buttons is the sentence's: {@link buttonsOf}
 */
export function Answer({ text, isMarkdown, isGrowing, evidence, marksUnsupported, current, onPick }) {
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  const render = useMarkdown(isMarkdown);
  const [wantsAll, setWantsAll] = useState(false);
  const before = useRef('');
  const drawn = drawnText(text, { before: before.current, isGrowing, wantsAll });
  before.current = drawn;
  useLayoutEffect(() => {
    const root = /** @type {HTMLDivElement} */ (place.current);
    const shown = withoutOverrides(drawn);
    const made = document.createElement('div');
    made.append(render ? render(shown) : shown);
    if (evidence.length > 0 || marksUnsupported) annotate(made, evidence, marksUnsupported);
    redraw(root, made);
    root.classList.toggle('plain', !render);
  }, [drawn, render, evidence, marksUnsupported]);
  useEffect(() => {
    for (const each of place.current?.querySelectorAll('[data-evidence]') ?? [])
      each.classList.toggle('current', Number(/** @type {HTMLElement} */ (each).dataset.evidence) === current);
  });
  const pick = (/** @type {any} */ event) => {
    /** @type {HTMLElement | null} */
    const picked = event.target.closest('[data-evidence]');
    if (!picked) return;
    // Selecting text, or following a link, isn't asking for evidence; pressing a button is, whatever is selected.
    const isSelecting = !getSelection()?.isCollapsed && !picked.matches('.cite');
    if (isSelecting || event.target.closest('a')) return;
    // A sentence's button comes after it.
    const button = buttonsOf(event.currentTarget).findIndex(
      (each) => each === picked || picked.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING,
    );
    onPick(Number(picked.dataset.evidence), button);
  };
  // Keyboards reach the buttons within; clicking a sentence is a shortcut for the mouse.
  return html`<div class="answer-text" lang="" ref=${place} tabindex="-1" onClick=${pick}></div>
    ${
      !isGrowing &&
      drawn.length < text.length &&
      html`<p class="quiet">Part of a long answer.
        <button type="button" class="link" onClick=${() => {
          // The button disappears; the text that replaces it can be read on from there.
          place.current?.focus({ preventScroll: true });
          setWantsAll(true);
        }}>Show all of it</button></p>`
    }`;
}

/**
 * The buttons of an answer that lead to evidence. An element doesn't last, since an answer is drawn anew when its Markdown can be
 * rendered; a button's place among the others does.
 * @param {ParentNode} place
 * @returns {HTMLElement[]}
 */
export function buttonsOf(place) {
  return [...place.querySelectorAll('.answer-text .cite')].map((each) => /** @type {HTMLElement} */ (each));
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
