// @ts-check
// A document in a dialog, opened at a given place.
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from './api.js';
import { counted } from './counted.js';
import { Failure } from './failure.js';

/** Of a longer text, this many characters around the place are shown at first, because browsers lay out a book slowly. */
const mostShown = 200_000;

/**
 * @param {{ place: { id: string, start: number, end: number }, onClose: () => void }} props an empty place marks nothing
 */
export function DocumentDialog({ place, onClose }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const mark = useRef(/** @type {HTMLElement | null} */ (null));
  const [shown, setShown] = useState(/** @type {any} */ (null));
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const [showsAll, setShowsAll] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    const leaving = new AbortController();
    call('GET', `/documents/${encodeURIComponent(place.id)}`, { signal: leaving.signal }).then(setShown, (error) => {
      if (!leaving.signal.aborted) setFailure(error);
    });
    return () => leaving.abort();
  }, [place.id]);
  useEffect(() => mark.current?.scrollIntoView({ block: 'center' }), [shown, showsAll]);

  const text = shown?.text ?? '';
  const half = mostShown / 2;
  const from = showsAll || text.length <= mostShown ? 0 : Math.max(0, place.start - half);
  const to = showsAll || text.length <= mostShown ? text.length : Math.min(text.length, place.end + half);
  // Selecting text and releasing the button beside the dialog must not close it.
  const pressed = useRef(/** @type {EventTarget | null} */ (null));
  const closeOnBackdrop = (/** @type {MouseEvent} */ event) =>
    event.target === dialog.current && pressed.current === dialog.current && dialog.current?.close();
  return html`<dialog ref=${dialog} class="document" aria-labelledby="document-title" onClose=${onClose} onMouseDown=${(
    /** @type {MouseEvent} */ event,
  ) => {
    pressed.current = event.target;
  }} onClick=${closeOnBackdrop}>
    <div class="sheet">
      <header>
        <div>
          <h2 id="document-title">${shown?.title ?? 'Document'}</h2>
          ${shown && html`<p class="quiet"><bdi>${shown.source}</bdi> · ${shown.format} · ${counted(shown.characters, 'character')}</p>`}
        </div>
        <button type="button" onClick=${() => dialog.current?.close()} aria-label="Close the document">Close</button>
      </header>
      <div class="sheet-body" tabindex="0" role="region" aria-label="Text of the document">
        ${failure && html`<${Failure} error=${failure} />`}
        ${!shown && !failure && html`<p class="quiet" role="status">Loading…</p>`}
        ${
          to - from < text.length &&
          html`<p class="quiet">Part of a long document.
            <button type="button" class="link" onClick=${() => setShowsAll(true)}>Show all of it</button></p>`
        }
        <div class="document-text">${text.slice(from, place.start)}${
          place.end > place.start &&
          shown &&
          html`<mark ref=${mark} class="current">${text.slice(place.start, place.end)}</mark>`
        }${text.slice(place.end, to)}</div>
      </div>
    </div>
  </dialog>`;
}
