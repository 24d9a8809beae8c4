// @ts-check
// An answer as text to paste elsewhere, with its verdict and its sources.
import { withoutOverrides } from './without-overrides.js';

/**
 * @param {any} reply the reply of POST /ask
 * @returns {string} the question, the answer, its verdict, and the evidence or, without any, the passages' documents
 */
export function answerAsText({ question, answer, abstained, verdict, context }) {
  const { label, score, reason, evidence } = verdict;
  const word = abstained ? 'Abstained' : label;
  const sure = abstained || score === null ? '' : `, ${Math.round(score * 100)} of 100`;
  const why = abstained || reason === '' ? '' : ` ${reason}`;
  /** @type {(passage: any) => string} */
  const nameOf = ({ title, source }) => (title === source ? source : `${title}, ${source}`);
  const sources =
    evidence.length > 0
      ? evidence.map(
          (/** @type {any} */ { quote, passageId }, /** @type {number} */ at) =>
            `[${at + 1}] “${quote}” ${nameOf(context.find((/** @type {any} */ { id }) => id === passageId))}`,
        )
      : [...new Set(context.map(nameOf))].map((name) => `Passage of: ${name}`);
  const text = [question, answer, `Verdict: ${word}${sure}.${why}`, sources.join('\n')].join('\n\n');
  return withoutOverrides(text.trim());
}

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether the browser allowed it
 */
export async function copyText(text) {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    return false;
  }
  // Over plain HTTP, except from this machine, only the older way works.
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'hidden';
  const before = document.activeElement;
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return isCopied;
}
