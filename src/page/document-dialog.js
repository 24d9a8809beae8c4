// @ts-check
// A document in a dialog, opened at a given place.
import { html } from 'htm/preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { call } from './api.js';
import { counted } from './counted.js';
import { Failure } from './failure.js';
import { withoutOverrides } from './without-overrides.js';

/** Of a longer text, this many characters around the place are shown at first, because browsers lay out a book slowly. */
const mostShown = 200_000;

/** @typedef {{ id: string, start?: number, words?: string }} Place a place in a document, and the words that stood there */

/** @param {{ place: Place, onClose: () => void }} props a place without words marks nothing */
export function DocumentDialog({ place, onClose }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const mark = useRef(/** @type {HTMLElement | null} */ (null));
  const [shown, setShown] = useState(/** @type {any} */ (null));
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const [showsAll, setShowsAll] = useState(false);
  useLayoutEffect(() => {
    const own = dialog.current;
    own?.showModal();
    // Closed before it is gone, it gives the focus back.
    return () => own?.close();
  }, []);
  useEffect(() => {
    const leaving = new AbortController();
    call('GET', `/documents/${encodeURIComponent(place.id)}`, { signal: leaving.signal }).then(setShown, (error) => {
      if (!leaving.signal.aborted) setFailure(error);
    });
    return () => leaving.abort();
  }, [place.id]);
  useEffect(() => mark.current?.scrollIntoView({ block: 'center' }), [shown, showsAll]);

  const text = shown?.text ?? '';
  const { start, end } = whereNow(text, place);
  const half = mostShown / 2;
  const from = showsAll || text.length <= mostShown ? 0 : Math.max(0, start - half);
  const to = showsAll || text.length <= mostShown ? text.length : Math.min(text.length, end + half);
  // Selecting text and releasing the button beside the dialog must not close it.
  const pressed = useRef(/** @type {EventTarget | null} */ (null));
  const closeOnBackdrop = (/** @type {MouseEvent} */ event) =>
    event.target === dialog.current && pressed.current === dialog.current && dialog.current?.close();
  // One that is already gone tells of nobody's wish to close it.
  const closed = (/** @type {Event} */ { target }) => target === dialog.current && onClose();
  return html`<dialog ref=${dialog} class="document" aria-labelledby="document-title" onClose=${closed} onMouseDown=${(
    /** @type {MouseEvent} */ event,
  ) => {
    pressed.current = event.target;
  }} onClick=${closeOnBackdrop}>
    <div class="sheet">
      <header>
        <div>
          <h2 id="document-title" lang="">${withoutOverrides(shown?.title ?? 'Document')}</h2>
          ${shown && html`<p class="quiet"><bdi>${withoutOverrides(shown.source)}</bdi> · ${shown.format} · ${counted(shown.characters, 'character')}</p>`}
        </div>
        <button type="button" onClick=${() => dialog.current?.close()} aria-label="Close the document">Close</button>
      </header>
      <div class="sheet-body" tabindex="0" role="region" aria-label="Text of the document">
        ${failure && html`<${Failure} error=${failure} />`}
        ${!shown && !failure && html`<p class="quiet" role="status">Loading…</p>`}
        ${
          shown &&
          place.words &&
          start === end &&
          html`<p class="notice" role="status">The document has been replaced since then, and the passage is no longer in it.</p>`
        }
        ${
          to - from < text.length &&
          html`<p class="quiet">Part of a long document.
            <button type="button" class="link" onClick=${(/** @type {any} */ event) => {
              // The button disappears; the text that replaces it can be read on from there.
              event.currentTarget.closest('.sheet-body').focus();
              setShowsAll(true);
            }}>Show all of it</button></p>`
        }
        <div class="document-text" lang="">${withoutOverrides(text.slice(from, start))}${
          end > start && html`<mark ref=${mark} class="current">${withoutOverrides(text.slice(start, end))}</mark>`
        }${withoutOverrides(text.slice(end, to))}</div>
      </div>
    </div>
  </dialog>`;
}

/**
 * Where the words of a place are in the text as it is now: the document may have been replaced since.
 * @param {string} text
 * @param {Place} place
 * @returns {{ start: number, end: number }} an empty place at the beginning, if they are nowhere
 */
function whereNow(text, { start = 0, words = '' }) {
  const at = text.startsWith(words, start) ? start : text.indexOf(words);
  return at < 0 ? { start: 0, end: 0 } : { start: at, end: at + words.length };
}
