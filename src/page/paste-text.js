// @ts-check
// Adds a document that is typed or pasted.
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { counted } from './counted.js';
import { Failure } from './failure.js';
import { noteRefusal, useRefused } from './key-rights.js';

/** The form's contents, kept for as long as the page is open. */
let pasted = { source: '', text: '', format: 'markdown' };

/** @param {{ collection: string, afterChange: () => Promise<void> }} props */
export function PasteText({ collection, afterChange }) {
  const [fields, setFields] = useState(pasted);
  const isRefused = useRefused('write');
  const [isBusy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState('');
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const set = (/** @type {string} */ name) => (/** @type {any} */ event) =>
    setFields({ ...fields, [name]: event.currentTarget.value });
  useEffect(() => {
    pasted = fields;
  }, [fields]);
  async function save() {
    if (isBusy || isRefused) return;
    setBusy(true);
    setFailure(null);
    setOutcome('');
    try {
      const { unchanged, passages } = await call('POST', '/documents', {
        body: { ...fields, source: fields.source.trim(), collection },
      });
      setOutcome(unchanged ? 'Unchanged.' : `Stored, ${counted(passages, 'passage')}.`);
      // Keep what has been typed meanwhile.
      setFields((now) => (now.text === fields.text ? { ...now, source: '', text: '' } : now));
      await afterChange();
    } catch (error) {
      if (!noteRefusal('write', error)) setFailure(error);
    }
    setBusy(false);
  }
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
      /** @type {any} */ (event.currentTarget).form.requestSubmit();
  };
  return html`<details class="paste card">
    <summary>Paste a text</summary>
    <form onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      save();
    }}>
      <div class="row">
        <label class="grow">Name<input required placeholder="notes/meeting.md" value=${fields.source} onInput=${set('source')} /></label>
        <label>Format<select value=${fields.format} onChange=${set('format')}><option value="markdown">Markdown</option><option value="text">Text</option><option value="html">HTML</option></select></label>
      </div>
      <label>Text<textarea required rows="8" value=${fields.text} onInput=${set('text')} onKeyDown=${onKeyDown} /></label>
      <div class="row"><button type="submit" class="primary" disabled=${isRefused} aria-describedby=${isRefused ? 'refused-write' : undefined}>Store</button><span class="quiet" role="status">${(isBusy && outcome === '' ? 'Storing …' : outcome) || (isRefused ? '' : 'Ctrl+Enter stores it.')}</span></div>
      ${failure && html`<${Failure} error=${failure} />`}
    </form>
  </details>`;
}
