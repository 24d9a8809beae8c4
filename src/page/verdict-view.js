// @ts-check
// The verdict: its label, its score, and its reason.
import { html } from 'htm/preact';
import { withoutOverrides } from './without-overrides.js';

/** @typedef {{ label: string, basis: string, score: number | null, reason: string, evidence: import('./link-sentences.js').Evidence[], problem: string | null }} Verdict */

const problems = /** @type {Record<string, string>} */ ({
  timeout: 'The evaluation took too long.',
  unparseable: 'The evaluation could not be read.',
  unavailable: 'The model that evaluates could not be reached.',
  skipped: 'There was no evaluation.',
});
export const meanings = /** @type {Record<string, string>} */ ({
  Correct: 'The answer can be trusted, as far as the evaluation can tell.',
  Incorrect: 'Do not rely on this answer.',
  Unjudged: 'This answer has not been checked.',
  Abstained: 'The documents do not say, so there is no answer.',
  Withheld: 'The answer was found Incorrect, so it is not shown.',
});
const signs = /** @type {Record<string, string>} */ ({
  Correct: 'M5 10.5l3.5 3.5L15 7',
  Incorrect: 'M6 6l8 8M14 6l-8 8',
  Unjudged: 'M7.4 7.6a2.7 2.7 0 1 1 3.9 2.5c-.9.5-1.3 1-1.3 1.9M10 14.8v.1',
  Abstained: 'M5.5 10h9',
});

/**
 * @param {{ label: string, small?: boolean }} props
 */
export function VerdictWord({ label, small }) {
  return html`<span class="word ${label.toLowerCase()} ${small ? 'small' : ''}">
    <svg viewBox="0 0 20 20" aria-hidden="true"><path d=${signs[label] ?? signs.Unjudged} /></svg>${label}
  </span>`;
}

/** @param {{ score: number | null, words?: boolean }} props `words` say what the score means */
export const Score = ({ score, words }) =>
  score === null
    ? null
    : html`<span class="score"><strong>${Math.round(score * 100)}</strong> of 100${words && html` <span class="quiet">(100: surely correct)</span>`}</span>`;

/** An answer of more characters fills a phone's screen, and its verdict stands below. */
const longAnswer = 1_000;

/**
 * The verdict in one line above a long answer, so that nobody reads screens of text before its verdict. It takes the
 * place of the line that told how far the ask was, and so moves nothing.
 * @param {{ verdict: Verdict, answer: string }} props
 */
export function VerdictAbove({ verdict: { label, score }, answer }) {
  if (answer.length <= longAnswer) return null;
  const show = () => document.querySelector('.verdict')?.scrollIntoView({ block: 'center' });
  return html`<p class="phase">
    <${VerdictWord} label=${label} small /> <${Score} score=${score} />
    <button type="button" class="link" onClick=${show}>Why</button>
  </p>`;
}

/** @param {{ verdict: Verdict, abstained: boolean, other?: Verdict | undefined }} props `other`: by the answer alone */
export function VerdictView({ verdict, abstained, other }) {
  const label = abstained ? 'Abstained' : verdict.label;
  const isWithheld = abstained && verdict.label === 'Incorrect';
  return html`<section class="verdict ${label.toLowerCase()}" aria-label="Verdict">
    <p class="verdict-line">
      <${VerdictWord} label=${label} />
      ${!abstained && html`<${Score} score=${verdict.score} words />`}
    </p>
    <p class="meaning">${meanings[isWithheld ? 'Withheld' : label]}</p>
    ${verdict.reason !== '' && (!abstained || isWithheld) && html`<p class="reason">${withoutOverrides(verdict.reason)}</p>`}
    ${verdict.problem !== null && !abstained && html`<p class="quiet">${verdict.reason === '' && problems[verdict.problem]} <code>${verdict.problem}</code></p>`}
    ${
      other &&
      html`<p class="second">By the answer alone, without the passages: <${VerdictWord} label=${other.label} small />${' '}
        <${Score} score=${other.score} />. ${withoutOverrides(other.reason)}</p>`
    }
  </section>`;
}
