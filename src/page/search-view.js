// @ts-check
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from './api.js';
import { counted } from './counted.js';
import { Failure } from './failure.js';
import { Passages } from './passages-view.js';

/**
 * The passages for a question, without an answer.
 * @param {{ collection: string, picker: unknown, openDocument: import('./passages-view.js').OpenDocument }} props
 */
export function SearchView({ collection, picker, openDocument }) {
  const [question, setQuestion] = useState('');
  const [found, setFound] = useState(/** @type {any[] | null} */ (null));
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const [isBusy, setBusy] = useState(false);
  const leaving = useRef(new AbortController());
  async function search() {
    if (question.trim() === '') return;
    // A new search replaces one that is under way: what is shown belongs to the words above it.
    leaving.current.abort();
    leaving.current = new AbortController();
    const { signal } = leaving.current;
    setBusy(true);
    setFailure(null);
    try {
      setFound((await call('POST', '/search', { body: { question, collection, topK: 10 }, signal })).context);
    } catch (error) {
      if (signal.aborted) return;
      setFound(null);
      setFailure(error);
    }
    setBusy(false);
  }
  // Passages of another collection aren't what this one holds.
  useEffect(
    () => () => {
      leaving.current.abort();
      setFound(null);
      setFailure(null);
      setBusy(false);
    },
    [collection],
  );
  return html`<h1>Search</h1>
    <p class="quiet">The passages that match best, without asking a language model.</p>
    <form class="card search" role="search" onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      search();
    }}>
      <label class="grow"><span class="hidden">Question or words</span>
        <input type="search" placeholder="A question, or words" value=${question} onInput=${(/** @type {any} */ event) => setQuestion(event.currentTarget.value)} /></label>
      ${picker}
      <button type="submit" class="primary" disabled=${question.trim() === ''}>Search</button>
    </form>
    ${failure && html`<${Failure} error=${failure} retry=${search} />`}
    <p role="status" class="quiet">${isBusy ? 'Searching …' : found === null ? '' : counted(found.length, 'passage')}</p>
    ${found && html`<${Passages} passages=${found} evidence=${[]} current=${null} openDocument=${openDocument} />`}`;
}
