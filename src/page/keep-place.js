// @ts-check
// Keeps the reader's place in a text that is drawn anew: what is selected in it, and what in it has the focus.
import { useLayoutEffect, useRef } from 'preact/hooks';

/** What is put into a text, and isn't part of it. */
const notes = '.cite, .aside, mark > .hidden, mark > sup';

/**
 * For an element whose content a component changes: what is selected in it stays so.
 * @template {HTMLElement} Kind
 * @returns {{ current: Kind | null }} the ref of the element
 */
export function useKeptSelection() {
  const place = useRef(/** @type {Kind | null} */ (null));
  // While a component is called, the page still has what it drew before.
  const selected = place.current && selectedIn(place.current);
  useLayoutEffect(() => {
    if (place.current && selected) select(place.current, selected);
  });
  return place;
}

/**
 * Replaces what an element holds; blocks at the beginning that are the same stay as they are.
 * @param {HTMLElement} root
 * @param {HTMLElement} drawn holds what is to be in the element, and loses it
 */
export function redraw(root, drawn) {
  const selected = selectedIn(root);
  const focused = placesOf(root).indexOf(/** @type {HTMLElement} */ (document.activeElement));
  let same = root.firstChild;
  while (same && drawn.firstChild?.isEqualNode(same)) {
    drawn.firstChild.remove();
    same = same.nextSibling;
  }
  while (same) {
    const next = same.nextSibling;
    same.remove();
    same = next;
  }
  root.append(...drawn.childNodes);
  if (focused >= 0 && !root.contains(document.activeElement)) placesOf(root)[focused]?.focus({ preventScroll: true });
  if (selected) select(root, selected);
}

/** Links, and code and tables that scroll. @param {HTMLElement} root */
const placesOf = (root) =>
  [...root.querySelectorAll('a[href], [tabindex]')].map((each) => /** @type {HTMLElement} */ (each));

/** @param {HTMLElement} root */
function textsOf(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  /** @type {Text[]} */
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    if (!node.parentElement?.closest(notes)) found.push(/** @type {Text} */ (node));
  return found;
}

/**
 * What is selected in an element; null where nothing is, or the selection begins or ends elsewhere.
 * @param {HTMLElement} root
 */
function selectedIn(root) {
  const selection = getSelection();
  if (!selection || selection.isCollapsed) return null;
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection;
  if (!anchorNode || !focusNode || !root.contains(anchorNode) || !root.contains(focusNode)) return null;
  const texts = textsOf(root);
  const offsetOf = (/** @type {Node} */ node, /** @type {number} */ offset) => {
    const before = document.createRange();
    before.setStart(root, 0);
    before.setEnd(node, offset);
    return texts
      .filter((text) => before.intersectsNode(text))
      .reduce((length, text) => length + (text === node ? offset : text.length), 0);
  };
  const ends = [offsetOf(anchorNode, anchorOffset), offsetOf(focusNode, focusOffset)];
  const text = texts.map(({ data }) => data).join('');
  const start = Math.min(...ends);
  return { start, words: text.slice(start, Math.max(...ends)), isBackward: start !== ends[0] };
}

/**
 * Selects the same words again, unless they are still selected or no longer there.
 * @param {HTMLElement} root
 * @param {{ start: number, words: string, isBackward: boolean }} selected
 */
function select(root, { start, words, isBackward }) {
  const now = selectedIn(root);
  if (words === '' || (now?.start === start && now.words === words)) return;
  const texts = textsOf(root);
  const text = texts.map(({ data }) => data).join('');
  const from = text.startsWith(words, start) ? start : text.indexOf(words);
  if (from < 0) return;
  const placeAt = (/** @type {number} */ offset, /** @type {boolean} */ isEnd) => {
    let left = offset;
    for (const each of texts) {
      if (left < each.length || (isEnd && left === each.length)) return /** @type {const} */ ([each, left]);
      left -= each.length;
    }
    return /** @type {const} */ ([root, root.childNodes.length]);
  };
  const ends = [placeAt(from, false), placeAt(from + words.length, true)];
  if (isBackward) ends.reverse();
  const [[anchor, at] = [root, 0], [focus, to] = [root, 0]] = ends;
  getSelection()?.setBaseAndExtent(anchor, at, focus, to);
}
