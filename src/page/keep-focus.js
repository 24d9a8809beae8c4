// @ts-check
// Where keyboards go on when what had the focus is deleted.

/**
 * Gives the focus, where what had it is gone, to the first of these that is there.
 * @param {string[]} ids of elements
 */
export function keepFocus(...ids) {
  if (document.activeElement !== document.body) return;
  const places = ids.map((id) => document.getElementById(id));
  places.find((place) => place !== null)?.focus();
}

/**
 * What stands behind one of several, or else before it.
 * @template Thing
 * @param {Thing[]} things
 * @param {Thing} one
 * @returns {Thing | undefined}
 */
export const nextTo = (things, one) => things[things.indexOf(one) + 1] ?? things[things.indexOf(one) - 1];
