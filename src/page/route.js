// @ts-check
// The page's views, and the one that the address names.
import { useEffect, useRef, useState } from 'preact/hooks';

/** Each view's name in the address, and its title. */
export const views = [
  ['', 'Ask'],
  ['search', 'Search'],
  ['documents', 'Documents'],
  ['history', 'History'],
  ['report', 'Reports'],
];

/** Whether a hash is the address of the current ask. @param {string} hash */
export const isAskPlace = (hash) => ['', '#/'].includes(hash);

/** The view, and the id if any, that the address names as `#/view/id`. @returns {[view: string, id?: string]} */
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
    // The focus may have been lost with the view that it was in.
    if (!isFirst.current && document.activeElement === document.body) document.getElementById('main')?.focus();
    if (!isFirst.current) scrollTo(0, 0);
    isFirst.current = false;
  }, [title]);
  return id === undefined ? [view] : [view, id];
}
