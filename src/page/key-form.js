// @ts-check
import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import { useFocusBeyond } from './keep-focus.js';

/**
 * Asks for a key where the service needs one.
 * @param {{ refusal: import('./api.js').CallError, onKey: (key: string) => void }} props
 */
export function KeyForm({ refusal, onKey }) {
  const form = /** @type {{ current: HTMLFormElement | null }} */ (useFocusBeyond());
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => field.current?.focus(), []);
  // The next key takes the place of one that was wrong.
  useEffect(() => {
    if (!form.current?.contains(document.activeElement)) return;
    field.current?.focus();
    field.current?.select();
  }, [refusal]);
  return html`<form ref=${form} class="card key" onSubmit=${(/** @type {Event} */ event) => {
    event.preventDefault();
    const key = field.current?.value.trim();
    if (key) onKey(key);
  }}>
    <h2>This service needs a key</h2>
    <p class="quiet" id="key-refusal" role="status"><span key=${refusal}>${refusal.code === 'KEY_REJECTED' ? 'The service does not know this key.' : 'Ask whoever runs it for one.'} A key is kept until you close this tab. <code>${refusal.code}</code></span></p>
    <div class="row">
      <label class="grow"><span class="hidden">Key</span><input ref=${field} type="password" name="key" aria-describedby="key-refusal" aria-invalid=${refusal.code === 'KEY_REJECTED'} autocomplete="off" spellcheck=${false} placeholder="Key" required pattern="\\s*[!-~]+\\s*" title="A key has no spaces and nothing beyond ASCII, not even invisible characters." /></label>
      <button type="submit" class="primary">Use key</button>
    </div>
  </form>`;
}
