// @ts-check
// What is shown before anything has been asked: what this is, what to ask about, and what verdicts mean.
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { pastAsks } from './history.js';
import { PastAskList } from './history-view.js';
import { KeyboardHints } from './keyboard.js';
import { meanings, VerdictWord } from './verdict-view.js';
import { withoutOverrides } from './without-overrides.js';

/** How many documents are named, as a hint at what to ask about. */
const mostNamed = 5;

/**
 * @param {{
 *   collection: string,
 *   documents: number | undefined,
 *   openDocument: import('./passages-view.js').OpenDocument,
 * }} props `documents`: how many there are, once that is known
 */
export function Start({ collection, documents, openDocument }) {
  const [named, setNamed] = useState(/** @type {{ id: string, title: string }[]} */ ([]));
  useEffect(() => {
    const leaving = new AbortController();
    const query = new URLSearchParams({ collection, limit: String(mostNamed) });
    if (documents)
      call('GET', `/documents?${query}`, { signal: leaving.signal }).then(
        (page) => setNamed(page.documents),
        () => {},
      );
    return () => leaving.abort();
  }, [collection, documents]);
  const asks = pastAsks().slice(0, 5);
  return html`<section class="start">
    <p class="lead">Ask anything that your documents can answer. Every answer comes with the passages it is based on, and a verdict: can it be trusted?</p>
    ${named.length > 0 && html`<h2>Documents to ask about</h2><ul class="named">${named.map(({ id, title }) => html`<li key=${id}><button type="button" onClick=${() => openDocument({ id })}>${withoutOverrides(title)}</button></li>`)}</ul>`}
    <p><a href="#/documents">${documents ? `${documents === 1 ? 'See the one document' : `See all ${documents.toLocaleString('en')} documents`} of “${collection}”` : `See the documents of “${collection}”`}</a></p>
    ${
      asks.length > 0
        ? html`<h2>Asked recently</h2><${PastAskList} asks=${asks} />`
        : html`<h2>What verdicts mean</h2>
        <p class="lead">Each answer is compared with the passages that it was made from. The verdict says why, and the words that it quotes stand in your documents exactly so: a number after a sentence shows you where.</p>
        <ul class="meanings card">
          ${['Correct', 'Incorrect', 'Abstained', 'Unjudged'].map((label) => html`<li key=${label}><${VerdictWord} label=${label} small /><span>${meanings[label]}</span></li>`)}
        </ul>`
    }
    <${KeyboardHints} />
  </section>`;
}
