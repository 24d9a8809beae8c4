// @ts-check
// How much of an answer is drawn, and how often while it grows: drawing takes time in proportion to what is drawn.

/** Up to this length, an answer that grows is drawn anew with each of its pieces … */
const shortText = 4_000;
/** … and a longer one once it has grown by this share, so that drawing it again and again takes time in proportion to its length. */
const growth = 1 / 16;
/** Of a longer answer, this many characters are drawn until all of it is wanted. */
const mostDrawn = 50_000;

/**
 * @param {string} text the answer so far
 * @param {{ before: string, isGrowing: boolean, wantsAll: boolean }} options `before`: what is drawn now, of the same answer
 * @returns {string} the beginning of the text that is to be drawn now, or all of it
 */
export function drawnText(text, { before, isGrowing, wantsAll }) {
  if (isGrowing) {
    const isCut = !wantsAll && before.length >= mostDrawn - 1;
    if (isCut || (text.length > shortText && text.length < before.length * (1 + growth))) return before;
  }
  if (wantsAll || text.length <= mostDrawn) return text;
  // Not half a character.
  return text.slice(0, mostDrawn).replace(/[\ud800-\udbff]$/, '');
}
