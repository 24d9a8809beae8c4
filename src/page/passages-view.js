// @ts-check
// Passages of documents, with the evidence in them marked.
import { html } from 'htm/preact';
import { useKeptSelection } from './keep-place.js';
import { withoutOverrides } from './without-overrides.js';

/** @typedef {{ id: string, documentId: string, source: string, title: string, text: string, start: number, end: number, score: number, rank: number }} Passage */
/** @typedef {import('./link-sentences.js').Evidence} Evidence */
/** @typedef {(place: import('./document-dialog.js').Place) => void} OpenDocument */

/**
 * @param {{ passages: Passage[], evidence: Evidence[], current: number | null, openDocument: OpenDocument, back?: () => void }} props `back`: returns to where the evidence was picked
 */
export function Passages({ passages, evidence, current, openDocument, back }) {
  return html`<ol ref=${useKeptSelection()} class="passages">
    ${passages.map((passage) => {
      const own = evidence
        .map((each, number) => ({ ...each, number }))
        .filter(({ passageId }) => passageId === passage.id);
      const picked = own.find(({ number }) => number === current);
      return html`<li key=${passage.id} class="card passage">
        <p class="passage-head">
          <span class="title" lang="">${withoutOverrides(passage.title)}</span>
          ${passage.title !== passage.source && html`<span class="source">${withoutOverrides(passage.source)}</span>`}
        </p>
        <p class="passage-text" lang="">${markedUp(passage, own, current)}</p>
        <p class="passage-foot">
          <span class="quiet grow">Rank ${passage.rank}${passage.rank > 1 && `, relevance ${Math.round(passage.score * 100)} of 100 compared with the first`}</span>
          ${picked && back && html`<button type="button" class="link" onClick=${back}>Back to the answer</button>`}
          <button type="button" class="link" onClick=${() => {
            const { start, end } = picked ?? own[0] ?? passage;
            const words = passage.text.slice(start - passage.start, end - passage.start);
            openDocument({ id: passage.documentId, start, words });
          }}>Open in document<span class="hidden">: ${withoutOverrides(passage.title)}</span></button>
        </p>
      </li>`;
    })}
  </ol>`;
}

/**
 * A passage's text with the evidence marked. Where two pieces of evidence overlap, the overlap belongs to the first; one that lies
 * within others shares the mark where it begins.
 * @param {Passage} passage
 * @param {(Evidence & { number: number })[]} evidence
 * @param {number | null} current
 */
function markedUp({ text, start }, evidence, current) {
  /** @type {{ from: number, to: number, numbers: number[] }[]} */
  const marks = [];
  let at = 0;
  for (const { number, ...each } of [...evidence].sort((one, other) => one.start - other.start)) {
    const from = Math.max(at, each.start - start);
    const to = Math.min(text.length, each.end - start);
    if (from < to) marks.push({ from, to, numbers: [number] });
    else marks.find((mark) => each.start - start < mark.to)?.numbers.push(number);
    at = Math.max(at, to);
  }
  const pieces = marks.map(({ from, to, numbers }, index) => {
    const names = numbers.map((number) => number + 1).join(', ');
    return html`${withoutOverrides(text.slice(marks[index - 1]?.to ?? 0, from))}<mark key=${names} data-marks=${numbers.join(' ')} tabindex="-1" class=${numbers.some((number) => number === current) ? 'current' : ''}>
        <span class="hidden" lang="en">Evidence ${names}: </span>${withoutOverrides(text.slice(from, to))}<sup aria-hidden="true">${names}</sup></mark>`;
  });
  return [...pieces, withoutOverrides(text.slice(at))];
}
