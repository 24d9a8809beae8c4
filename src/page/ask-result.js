// @ts-check
// An ask on the page: the answer as it comes, its verdict, its evidence, and its trace.
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Answer, buttonsOf } from './answer-view.js';
import { isUnderWay, phases } from './ask-state.js';
import { answerAsText, copyText } from './copy-answer.js';
import { counted } from './counted.js';
import { Failure } from './failure.js';
import { Passages } from './passages-view.js';
import { showMs, Timeline } from './timeline.js';
import { VerdictAbove, VerdictView } from './verdict-view.js';

/** @type {never[]} */
const none = [];

/** @param {{ ask: import('./ask-state.js').Ask, openDocument: import('./passages-view.js').OpenDocument, retry: (() => void) | undefined }} props `retry`: asks or loads it again, if that is possible */
export function AskResult({ ask: shown, openDocument, retry }) {
  const { phase, question, context, answer, isMarkdown, verdict, reply, error } = shown;
  // An object, so that picking the same evidence again shows it again.
  const [picked, setPicked] = useState(/** @type {{ evidence: number } | null} */ (null));
  const current = picked?.evidence ?? null;
  const cameFrom = useRef(-1);
  const evidence = verdict?.evidence ?? none;
  const abstained = reply?.abstained === true;
  const isJudged = verdict !== null && verdict.basis === 'context' && verdict.label !== 'Unjudged' && !abstained;

  function pick(/** @type {number} */ number, /** @type {number} */ button) {
    cameFrom.current = button;
    setPicked({ evidence: number });
  }
  useEffect(() => {
    if (current === null) return;
    const mark = /** @type {HTMLElement | null} */ (document.querySelector(`[data-marks~="${current}"]`));
    mark?.scrollIntoView({
      block: 'center',
      behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth',
    });
    mark?.focus({ preventScroll: true });
  }, [picked]);
  function back() {
    setPicked(null);
    const button = buttonsOf(document)[cameFrom.current];
    button?.focus({ preventScroll: true });
    button?.scrollIntoView({ block: 'center' });
  }
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape' && current !== null) back();
  };

  return html`<div class="ask" onKeyDown=${onKeyDown}>
    <section class="answer card" aria-label="Answer">
      ${question !== '' && html`<h2 class="asked" lang="">${question}</h2>`}
      ${isUnderWay(shown) && html`<p class="phase"><span class="spinner" aria-hidden="true"></span>${phases[phase]}</p>`}
      ${verdict && reply && !abstained && html`<${VerdictAbove} verdict=${verdict} answer=${answer} />`}
      ${phase === 'cancelled' && html`<p class="phase">${phases.cancelled}</p>`}
      <div aria-live="polite" aria-busy=${isUnderWay(shown)}>
        ${
          answer !== '' &&
          html`<${Answer} text=${answer} isMarkdown=${isMarkdown} isGrowing=${phase === 'answering'} evidence=${evidence} marksUnsupported=${isJudged && evidence.length > 0}
            current=${current} onPick=${pick} />`
        }
      </div>
      ${error && html`<${Failure} error=${error} retry=${retry} />`}
      ${verdict && reply && html`<${VerdictView} verdict=${verdict} abstained=${abstained} other=${reply.verdicts?.answer} />`}
      ${reply && html`<${Copy} reply=${reply} />`}
      ${reply && html`<${Facts} reply=${reply} />`}
      ${reply?.trace && html`<details class="happened"><summary>What happened</summary><${Timeline} steps=${reply.trace} /></details>`}
    </section>
    ${
      context &&
      html`<section class="found" aria-labelledby="found-head">
        <h2 id="found-head">${abstained && verdict?.label !== 'Incorrect' ? 'What was found instead' : 'Passages'} <span class="count">${context.length}</span></h2>
        ${context.length === 0 && html`<p class="quiet">Nothing was found: the collection is empty.</p>`}
        <${Passages} passages=${context} evidence=${evidence} current=${current} openDocument=${openDocument} back=${back} />
      </section>`
    }
  </div>`;
}

/** @param {{ reply: any }} props */
function Facts({ reply }) {
  const { collection, timings, usage, attempts } = reply;
  const facts = [
    `from “${collection}”`,
    `${showMs(timings.totalMs)} in all`,
    `search ${showMs(timings.retrieveMs)}`,
    `answer ${showMs(timings.answerMs)}`,
    `verdict ${showMs(timings.evaluateMs)}`,
    ...(usage.modelCalls > 0
      ? [
          counted(usage.modelCalls, 'model call'),
          `${(usage.promptTokens + usage.completionTokens).toLocaleString('en')} tokens`,
        ]
      : ['no model calls']),
    ...(attempts > 1 ? ['searched twice'] : []),
  ];
  return html`<ul class="facts" aria-label="Times and use">${facts.map((fact) => html`<li>${fact}</li>`)}</ul>`;
}

/** @param {{ reply: any }} props */
function Copy({ reply }) {
  const [outcome, setOutcome] = useState('');
  const copy = async () =>
    setOutcome((await copyText(answerAsText(reply))) ? 'Copied.' : 'The browser did not allow copying.');
  return html`<p class="copy"><button type="button" onClick=${copy}>Copy with sources</button> <span class="quiet" role="status">${outcome}</span></p>`;
}
