// @ts-check
// Keeps the keyboard's place when the element that had the focus is deleted.

/**
 * If the focus was lost, moves it to the first of these elements that exists.
 * @param {string[]} ids of elements
 */
export function keepFocus(...ids) {
  if (document.activeElement !== document.body) return;
  const places = ids.map((id) => document.getElementById(id));
  places.find((place) => place !== null)?.focus();
}

/**
 * The neighbour of a thing in a list: the next one, or else the one before.
 * @template Thing
 * @param {Thing[]} things
 * @param {Thing} one
 * @returns {Thing | undefined}
 */
export const nextTo = (things, one) => things[things.indexOf(one) + 1] ?? things[things.indexOf(one) - 1];
