// @ts-check
// Keeps the keyboard's place when the element that had the focus is deleted.
import { useLayoutEffect, useRef } from 'preact/hooks';

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

/** Moves the focus to the content, where a screen reader goes on. */
export const focusContent = () => document.getElementById('main')?.focus({ preventScroll: true });

/**
 * For an element that disappears once it has served: a focus within it then goes to the content.
 * @template {HTMLElement} Kind
 * @returns {{ current: Kind | null }} the ref of the element
 */
export function useFocusBeyond() {
  const place = useRef(/** @type {Kind | null} */ (null));
  useLayoutEffect(
    () => () => {
      if (place.current?.contains(document.activeElement)) focusContent();
    },
    [],
  );
  return place;
}
