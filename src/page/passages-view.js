// @ts-check
// Passages of documents, with the evidence in them marked.
import { html } from 'htm/preact';

/** @typedef {{ id: string, documentId: string, source: string, title: string, text: string, start: number, end: number, score: number, rank: number }} Passage */
/** @typedef {import('./link-sentences.js').Evidence} Evidence */
/** @typedef {(place: { id: string, start: number, end: number }) => void} OpenDocument */

/**
 * @param {{ passages: Passage[], evidence: Evidence[], current: number | null, openDocument: OpenDocument, back?: () => void }} props `back`: returns to where the evidence was picked
 */
export function Passages({ passages, evidence, current, openDocument, back }) {
  return html`<ol class="passages">
    ${passages.map((passage) => {
      const own = evidence
        .map((each, number) => ({ ...each, number }))
        .filter(({ passageId }) => passageId === passage.id);
      const picked = own.find(({ number }) => number === current);
      return html`<li key=${passage.id} class="card passage">
        <p class="passage-head">
          <span class="title">${passage.title}</span>
          ${passage.title !== passage.source && html`<span class="source">${passage.source}</span>`}
        </p>
        <p class="passage-text">${markedUp(passage, own, current)}</p>
        <p class="passage-foot">
          <span class="quiet grow">Rank ${passage.rank}${passage.rank > 1 && `, relevance ${Math.round(passage.score * 100)} of 100 compared with the first`}</span>
          ${picked && back && html`<button type="button" class="link" onClick=${back}>Back to the answer</button>`}
          <button type="button" class="link" onClick=${() => {
            const { start, end } = picked ?? own[0] ?? passage;
            openDocument({ id: passage.documentId, start, end });
          }}>Open in document<span class="hidden">: ${passage.title}</span></button>
        </p>
      </li>`;
    })}
  </ol>`;
}

/**
 * A passage's text with the evidence marked; where two pieces of evidence overlap, the overlap belongs to the first.
 * @param {Passage} passage
 * @param {(Evidence & { number: number })[]} evidence
 * @param {number | null} current
 */
function markedUp({ text, start }, evidence, current) {
  const pieces = [];
  let at = 0;
  for (const each of [...evidence].sort((one, other) => one.start - other.start)) {
    const from = Math.max(at, each.start - start);
    const to = Math.min(text.length, each.end - start);
    if (from >= to) continue;
    const { number } = each;
    pieces.push(
      text.slice(at, from),
      html`<mark key=${number} id="evidence-${number}" tabindex="-1" class=${number === current ? 'current' : ''}>
        <span class="hidden">Evidence ${number + 1}: </span>${text.slice(from, to)}<sup aria-hidden="true">${number + 1}</sup></mark>`,
    );
    at = to;
  }
  pieces.push(text.slice(at));
  return pieces;
}
