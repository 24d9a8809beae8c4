// @ts-check
// The document that lies over the view: a step of its own in the tab's history, so that Back closes it, and a reload leaves it open.
import { useEffect, useState } from 'preact/hooks';

/** @typedef {import('./document-dialog.js').Place} Place */

/** @returns {Place | null} */
const placeInHistory = () => history.state?.document ?? null;

/** @returns {[opened: Place | null, open: (place: Place) => void, close: () => void]} */
export function useOpenedDocument() {
  const [opened, setOpened] = useState(placeInHistory);
  useEffect(() => {
    const follow = () => setOpened(placeInHistory());
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  const open = (/** @type {Place} */ place) => {
    history.pushState({ document: place }, '');
    setOpened(place);
  };
  // A dialog that Back has closed says so afterwards.
  const close = () => void (placeInHistory() && history.back());
  return [opened, open, close];
}
