// @ts-check
// The state of an ask: how it begins, how the events of its stream change it, and how it is put into words.

/** @typedef {import('./api.js').CallError} CallError */
/** @typedef {import('./passages-view.js').Passage} Passage */
/** @typedef {import('./verdict-view.js').Verdict} Verdict */
/**
 * The state of an ask.
 * @typedef {{
 *   number: number,
 *   phase: 'holding' | 'searching' | 'answering' | 'judging' | 'done' | 'failed' | 'cancelled',
 *   question: string,
 *   context: Passage[] | null,
 *   answer: string,
 *   isMarkdown: boolean,
 *   verdict: Verdict | null,
 *   reply: any,
 *   error: CallError | null,
 * }} Ask
 */

export const phases = /** @type {Record<string, string>} */ ({
  holding: 'Searching, answering and judging: the answer is shown once it has been judged …',
  searching: 'Searching the documents …',
  answering: 'Answering …',
  judging: 'Judging the answer …',
  cancelled: 'Cancelled.',
});
/** Whether more of the ask is to come. */
export const isUnderWay = (/** @type {Ask | null} */ ask) =>
  ask !== null && ['holding', 'searching', 'answering', 'judging'].includes(ask.phase);

/** Numbers the asks, so that what is open in one isn't open in the next. */
let asksShown = 0;

/**
 * @param {string} question
 * @param {boolean} hasModel
 * @returns {Ask}
 */
export const begun = (question, hasModel) => ({
  number: ++asksShown,
  phase: 'searching',
  question,
  context: null,
  answer: '',
  isMarkdown: hasModel,
  verdict: null,
  reply: null,
  error: null,
});

/**
 * @param {any} reply
 * @returns {Omit<Ask, 'number'>}
 */
export const ofReply = (reply) => ({
  phase: 'done',
  question: reply.question,
  context: reply.context,
  answer: reply.answer,
  // Without a model the answer is quoted, and what looks like Markdown is part of the document.
  isMarkdown: reply.usage.modelCalls > 0 && !reply.abstained,
  verdict: reply.verdict,
  reply,
  error: null,
});

/**
 * What an event changes.
 * @param {Ask} ask
 * @param {string} name
 * @param {any} data
 * @returns {Partial<Ask>}
 */
export function afterEvent(ask, name, data) {
  if (name === 'context') return { context: data, phase: 'answering' };
  if (name === 'token') return { answer: ask.answer + data.text, phase: 'answering' };
  if (name === 'answer') return { answer: data.text, phase: 'judging' };
  if (name === 'verdict') return { verdict: data };
  return name === 'done' ? ofReply(data) : {};
}

/** What screen readers are told; a failure announces itself. @param {Ask} ask */
export function announcement({ phase, reply }) {
  if (phase === 'done') {
    const { label, score } = reply.verdict;
    if (reply.abstained)
      return `Abstained: ${label === 'Incorrect' ? 'the answer was found Incorrect, so it is not shown' : 'the documents hold no answer'}.`;
    return `The answer is ready. Verdict: ${label}${score === null ? '' : `, ${Math.round(score * 100)} of 100`}.`;
  }
  return phases[phase] ?? '';
}

/** What screen readers are told of an ask in a view that doesn't show it. @param {Ask} ask */
export function announcementElsewhere(ask) {
  if (isUnderWay(ask)) return 'An ask is under way.';
  return ask.phase === 'failed' ? 'The ask failed.' : announcement(ask);
}
