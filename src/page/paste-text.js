// @ts-check
// Adds a document that is typed or pasted.
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { counted } from './counted.js';
import { Failure } from './failure.js';
import { noteRefusal, useRefused } from './key-rights.js';

/** The form's contents and what has become of them, kept for as long as the page is open. */
let pasted = {
  source: '',
  text: '',
  format: 'markdown',
  isBusy: false,
  outcome: '',
  failure: /** @type {any} */ (null),
};
/** Called when a text has been stored; that of the view as it is now, which may not be the one that the text was stored from. */
let afterStoring = async () => {};
/** Emits `change`. */
const changes = new EventTarget();

/** @param {Partial<typeof pasted>} fields */
function change(fields) {
  pasted = { ...pasted, ...fields };
  changes.dispatchEvent(new Event('change'));
}

/** @param {string} collection */
async function save(collection) {
  if (pasted.isBusy) return;
  const { source, text, format } = pasted;
  change({ isBusy: true, failure: null, outcome: '' });
  try {
    const body = { source: source.trim(), text, format, collection };
    const { unchanged, passages } = await call('POST', '/documents', { body });
    change({ outcome: unchanged ? 'Unchanged.' : `Stored, ${counted(passages, 'passage')}.` });
    // Keep what has been typed meanwhile.
    if (pasted.text === text) change({ source: '', text: '' });
    void afterStoring();
  } catch (error) {
    if (!noteRefusal('write', error)) change({ failure: error });
  }
  change({ isBusy: false });
}

/** @param {{ collection: string, afterChange: () => Promise<void> }} props */
export function PasteText({ collection, afterChange }) {
  const [, redraw] = useState(pasted);
  const isRefused = useRefused('write');
  const { source, text, format, isBusy, outcome, failure } = pasted;
  // A failure while people looked elsewhere would not be seen in a closed panel.
  const [isOpen] = useState(failure !== null);
  const set = (/** @type {string} */ name) => (/** @type {any} */ event) =>
    change({ [name]: event.currentTarget.value });
  useEffect(() => {
    const changed = () => redraw(pasted);
    changed();
    changes.addEventListener('change', changed);
    return () => {
      changes.removeEventListener('change', changed);
      change({ outcome: '' });
    };
  }, []);
  useEffect(() => {
    afterStoring = afterChange;
  });
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
      /** @type {any} */ (event.currentTarget).form.requestSubmit();
  };
  return html`<details class="paste card" open=${isOpen}>
    <summary>Paste a text</summary>
    <form onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      if (!isRefused) void save(collection);
    }}>
      <div class="row">
        <label class="grow">Name<input required placeholder="notes/meeting.md" value=${source} onInput=${set('source')} /></label>
        <label>Format<select value=${format} onChange=${set('format')}><option value="markdown">Markdown</option><option value="text">Text</option><option value="html">HTML</option></select></label>
      </div>
      <label>Text<textarea required rows="8" value=${text} onInput=${set('text')} onKeyDown=${onKeyDown} /></label>
      <div class="row"><button type="submit" class="primary" disabled=${isRefused} aria-describedby=${isRefused ? 'refused-write' : undefined}>Store</button><span class="quiet" role="status">${(isBusy && outcome === '' ? 'Storing …' : outcome) || (isRefused ? '' : 'Ctrl+Enter stores it.')}</span></div>
      ${failure && html`<${Failure} error=${failure} />`}
    </form>
  </details>`;
}
