// @ts-check
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { forgetAsks, history, pastAsks } from './history.js';
import { focusContent } from './keep-focus.js';
import { Score, VerdictWord } from './verdict-view.js';

/** The asks made in this browser, with their verdicts. */
export function HistoryView() {
  const [asks, setAsks] = useState(pastAsks);
  // An ask may end while it is open, here or in another tab.
  useEffect(() => {
    const changed = () => setAsks(pastAsks());
    changed();
    history.addEventListener('change', changed);
    return () => history.removeEventListener('change', changed);
  }, []);
  const forget = () => {
    if (!confirm('Forget all asks in this browser? The service keeps its records.')) return;
    forgetAsks();
    focusContent();
  };
  return html`<div class="head">
      <h1>History</h1>
      ${asks.length > 0 && html`<button type="button" onClick=${forget}>Forget all</button>`}
    </div>
    <p class="quiet">The last 50 questions asked in this browser.</p>
    ${asks.length === 0 ? html`<p class="card empty">Nothing has been asked here yet. <a href="#/">Ask a question</a></p>` : html`<${PastAskList} asks=${asks} />`}`;
}

/** @param {{ asks: import('./history.js').PastAsk[] }} props */
export const PastAskList = ({ asks }) => html`<ul class="past card">
  ${asks.map(
    ({ id, question, label, score, at }) => html`<li key=${id}>
      <a href="#/asks/${id}">
        <span class="past-question">${question}</span>
        <span class="past-verdict"><${VerdictWord} label=${label} small />${label !== 'Abstained' && html`<${Score} score=${score} />`}</span>
        <time datetime=${at}>${new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}</time>
      </a>
    </li>`,
  )}
</ul>`;
