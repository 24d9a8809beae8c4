// @ts-check
// The views of the page, and which of them the address names.
import { useEffect, useRef, useState } from 'preact/hooks';

/** Each view's way, and its title. */
export const views = [
  ['', 'Ask'],
  ['search', 'Search'],
  ['documents', 'Documents'],
  ['history', 'History'],
  ['report', 'Reports'],
];

/** Whether the hash of an address is the place of the ask that the page is busy with. @param {string} hash */
export const isAskPlace = (hash) => ['', '#/'].includes(hash);

/**
 * Whether an address follows another because an ask that was seen under way is an answer now.
 * @param {string} before
 * @param {string} after
 */
export const isSameAsk = (before, after) =>
  isAskPlace(new URL(before).hash) && new URL(after).hash.startsWith('#/asks/');

/** The way in the address, as `#/view/id`. @returns {[view: string, id?: string]} */
export function useRoute() {
  const read = () => location.hash.replace(/^#\/?/, '').split('/');
  const [route, setRoute] = useState(read);
  const isFirst = useRef(true);
  useEffect(() => {
    const follow = () => setRoute(read());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const [named = '', id] = route;
  const view = named === 'asks' || views.some(([name]) => name === named) ? named : '';
  const title = views.find(([name]) => name === view)?.[1] ?? 'Ask';
  useEffect(() => {
    document.title = `${title} · Assay`;
    // What had the focus may have gone with the view that it was in.
    if (!isFirst.current && document.activeElement === document.body) document.getElementById('main')?.focus();
    if (!isFirst.current) scrollTo(0, 0);
    isFirst.current = false;
  }, [title]);
  return id === undefined ? [view] : [view, id];
}
