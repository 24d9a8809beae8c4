// @ts-check
// Asking: the question, the answer as it comes, its verdict, its evidence, and what happened.
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Answer } from './answer-view.js';
import { ask, call } from './api.js';
import { Failure } from './failure.js';
import { pastAsks, rememberAsk } from './history.js';
import { PastAskList } from './history-view.js';
import { Passages } from './passages-view.js';
import { showMs, Timeline } from './timeline.js';
import { VerdictView } from './verdict-view.js';

/** @typedef {import('./api.js').CallError} CallError */
/** @typedef {import('./passages-view.js').Passage} Passage */
/** @typedef {import('./verdict-view.js').Verdict} Verdict */
/**
 * An ask, as far as it has come.
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

const phases = /** @type {Record<string, string>} */ ({
  holding: 'Searching, answering and judging: the answer is shown once it has been judged …',
  searching: 'Searching the documents …',
  answering: 'Answering …',
  judging: 'Judging the answer …',
  cancelled: 'Cancelled.',
});
const isUnderWay = (/** @type {Ask | null} */ ask) =>
  ask !== null && ['holding', 'searching', 'answering', 'judging'].includes(ask.phase);
/** @type {never[]} */
const none = [];

/**
 * @param {{
 *   askId: string | null,
 *   collection: string,
 *   picker: unknown,
 *   isEmpty: boolean,
 *   hasModel: boolean,
 *   openDocument: import('./passages-view.js').OpenDocument,
 * }} props `askId`: the past ask to show
 */
export function AskView({ askId, collection, picker, isEmpty, hasModel, openDocument }) {
  const [question, setQuestion] = useState('');
  const [options, setOptions] = useState({ evaluation: 'context', onIncorrect: 'return', topK: '' });
  const [shown, setShown] = useState(/** @type {Ask | null} */ (null));
  const cancel = useRef(/** @type {AbortController | null} */ (null));
  useEffect(() => {
    // On a touch screen this would cover half the page with a keyboard.
    const focus = () => matchMedia('(pointer: fine)').matches && document.getElementById('question')?.focus();
    // The way of an answer is set without this event; who then goes to that of a question means a new one.
    const beginAnew = () => {
      if (!['', '#/'].includes(location.hash)) return;
      cancel.current?.abort();
      setShown(null);
      setQuestion('');
      focus();
    };
    if (askId === null) focus();
    addEventListener('hashchange', beginAnew);
    return () => {
      cancel.current?.abort();
      removeEventListener('hashchange', beginAnew);
    };
  }, []);
  // What a model's answer will need is fetched while the question is being typed.
  useEffect(() => {
    if (hasModel) import('./markdown.js').catch(() => {});
  }, [hasModel]);

  useEffect(() => {
    if (askId === null || shown?.reply?.id === askId) return;
    cancel.current?.abort();
    const leaving = new AbortController();
    cancel.current = leaving;
    call('GET', `/asks/${encodeURIComponent(askId)}`, { signal: leaving.signal }).then(
      (reply) => {
        setQuestion(reply.question);
        setShown({ ...begun(reply.question, hasModel), ...ofReply(reply) });
      },
      (error) => leaving.signal.aborted || setShown({ ...begun('', hasModel), phase: 'failed', error }),
    );
  }, [askId]);

  async function submit() {
    const wanted = question.trim();
    if (wanted === '' || isUnderWay(shown)) return;
    const leaving = new AbortController();
    cancel.current = leaving;
    const { evaluation, onIncorrect, topK } = options;
    // Where an Incorrect verdict may change the answer, the service tells nothing before that is settled.
    setShown({ ...begun(wanted, hasModel), phase: onIncorrect === 'return' ? 'searching' : 'holding' });
    const request = {
      question: wanted,
      collection,
      evaluation,
      onIncorrect,
      trace: true,
      ...(topK !== '' && { topK: Number(topK) }),
    };
    const update = (/** @type {(ask: Ask) => Partial<Ask>} */ change) =>
      !leaving.signal.aborted && setShown((before) => before && { ...before, ...change(before) });
    try {
      await ask(request, {
        signal: leaving.signal,
        onEvent(name, data) {
          update((before) => afterEvent(before, name, data));
          if (name !== 'done') return;
          rememberAsk({
            id: data.id,
            question: data.question,
            label: data.abstained ? 'Abstained' : data.verdict.label,
            score: data.verdict.score,
            at: new Date().toISOString(),
          });
          if (!leaving.signal.aborted) history.replaceState(null, '', `#/asks/${data.id}`);
        },
      });
    } catch (error) {
      update(() => ({ phase: 'failed', error: /** @type {CallError} */ (error) }));
    }
  }

  function stop() {
    cancel.current?.abort();
    setShown((before) => before && { ...before, phase: 'cancelled' });
  }

  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  };
  const underWay = isUnderWay(shown);
  return html`<h1 class="hidden">Ask your documents</h1>
    <form class="composer card" onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      submit();
    }}>
      <label class="hidden" for="question">Question</label>
      <textarea id="question" rows="1" maxlength="4000" placeholder="Ask your documents a question" enterkeyhint="send"
        value=${question} onInput=${(/** @type {any} */ event) => setQuestion(event.currentTarget.value)} onKeyDown=${onKeyDown} />
      <div class="composer-row">
        ${picker}
        <${AskOptions} options=${options} setOptions=${setOptions} />
        <span class="grow"></span>
        ${
          // With keys, they are two buttons: one that became the other in mid-click would submit the form.
          underWay
            ? html`<button key="cancel" type="button" onClick=${stop}>Cancel</button>`
            : html`<button key="ask" type="submit" class="primary" disabled=${question.trim() === ''}>Ask</button>`
        }
      </div>
    </form>
    <p class="hidden" role="status">${shown ? announcement(shown) : ''}</p>
    ${shown ? html`<${Shown} key=${shown.number} ask=${shown} openDocument=${openDocument} retry=${submit} />` : !isEmpty && html`<${Start} collection=${collection} />`}`;
}

/** @typedef {{ evaluation: string, onIncorrect: string, topK: string }} Options as the form has them */

/**
 * How to judge, what to do about an Incorrect answer, and from how many passages: a panel that Escape, or going elsewhere, closes.
 * @param {{ options: Options, setOptions: (options: Options) => void }} props
 */
function AskOptions({ options, setOptions }) {
  const details = useRef(/** @type {HTMLDetailsElement | null} */ (null));
  const close = () => {
    if (details.current) details.current.open = false;
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || !details.current?.open) return;
    close();
    details.current.querySelector('summary')?.focus();
  };
  const onFocusOut = (/** @type {FocusEvent} */ event) =>
    details.current?.contains(/** @type {Node | null} */ (event.relatedTarget)) || close();
  const set = (/** @type {string} */ name) => (/** @type {any} */ event) =>
    setOptions({ ...options, [name]: event.currentTarget.value });
  return html`<details class="options" ref=${details} onKeyDown=${onKeyDown} onFocusOut=${onFocusOut}>
    <summary>Options</summary>
    <div class="options-body card" tabindex="-1">
      <label>Judge the answer by
        <select value=${options.evaluation} onChange=${set('evaluation')}>
          <option value="context">the passages</option>
          <option value="answer">the answer alone</option>
          <option value="both">both</option>
          <option value="none">nothing: no verdict</option>
        </select>
      </label>
      <label>If it is Incorrect
        <select value=${options.onIncorrect} onChange=${set('onIncorrect')}>
          <option value="return">show it with its verdict</option>
          <option value="retry">search again, once</option>
          <option value="abstain">do not show it</option>
        </select>
      </label>
      <label>Passages to answer from
        <input type="number" min="1" max="20" placeholder="as configured" value=${options.topK} onInput=${set('topK')} />
      </label>
    </div>
  </details>`;
}

/** Tells asks apart, so that what is open in one is not open in the next. */
let asksShown = 0;

/**
 * @param {string} question
 * @param {boolean} hasModel
 * @returns {Ask}
 */
const begun = (question, hasModel) => ({
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
const ofReply = (reply) => ({
  phase: 'done',
  question: reply.question,
  context: reply.context,
  answer: reply.answer,
  // Without a model the answer is quoted: whatever looks like Markdown in it stands so in the document.
  isMarkdown: reply.usage.modelCalls > 0 && !reply.abstained,
  verdict: reply.verdict,
  reply,
  error: null,
});

/**
 * @param {Ask} ask
 * @param {string} name
 * @param {any} data
 * @returns {Partial<Ask>}
 */
function afterEvent(ask, name, data) {
  if (name === 'context') return { context: data, phase: 'answering' };
  if (name === 'token') return { answer: ask.answer + data.text, phase: 'answering' };
  if (name === 'answer') return { answer: data.text, phase: 'judging' };
  if (name === 'verdict') return { verdict: data };
  return name === 'done' ? ofReply(data) : {};
}

/** @param {Ask} ask */
function announcement({ phase, reply, error }) {
  if (phase === 'done') {
    const { label, score } = reply.verdict;
    if (reply.abstained) return 'Abstained: the documents hold no answer.';
    return `The answer is ready. Verdict: ${label}${score === null ? '' : `, ${Math.round(score * 100)} of 100`}.`;
  }
  return phase === 'failed' ? `It failed: ${error?.message}` : phases[phase];
}

/** @param {{ ask: Ask, openDocument: import('./passages-view.js').OpenDocument, retry: () => void }} props */
function Shown({ ask: shown, openDocument, retry }) {
  const { phase, question, context, answer, isMarkdown, verdict, reply, error } = shown;
  const [current, setCurrent] = useState(/** @type {number | null} */ (null));
  const cameFrom = useRef(/** @type {Element | null} */ (null));
  const evidence = verdict?.evidence ?? none;
  const abstained = reply?.abstained === true;
  const isJudged = verdict !== null && verdict.basis === 'context' && verdict.label !== 'Unjudged' && !abstained;

  function pick(/** @type {number} */ number) {
    cameFrom.current = document.activeElement;
    setCurrent(number);
  }
  useEffect(() => {
    if (current === null) return;
    const mark = document.getElementById(`evidence-${current}`);
    mark?.scrollIntoView({
      block: 'center',
      behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth',
    });
    mark?.focus({ preventScroll: true });
  }, [current]);
  function back() {
    setCurrent(null);
    if (!(cameFrom.current instanceof HTMLElement)) return;
    cameFrom.current.focus({ preventScroll: true });
    cameFrom.current.scrollIntoView({ block: 'center' });
  }
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape' && current !== null) back();
  };

  return html`<div class="ask" onKeyDown=${onKeyDown}>
    <section class="answer card" aria-label="Answer">
      ${question !== '' && html`<h2 class="asked">${question}</h2>`}
      ${isUnderWay(shown) && html`<p class="phase"><span class="spinner" aria-hidden="true"></span>${phases[phase]}</p>`}
      ${phase === 'cancelled' && html`<p class="phase">${phases.cancelled}</p>`}
      <div aria-live="polite" aria-busy=${isUnderWay(shown)}>
        ${
          answer !== '' &&
          html`<${Answer} text=${answer} isMarkdown=${isMarkdown} evidence=${evidence} marksUnsupported=${isJudged && evidence.length > 0}
            current=${current} onPick=${pick} />`
        }
      </div>
      ${error && html`<${Failure} error=${error} retry=${question !== '' ? retry : undefined} />`}
      ${verdict && reply && html`<${VerdictView} verdict=${verdict} abstained=${abstained} other=${reply.verdicts?.answer} />`}
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
  const { timings, usage, attempts } = reply;
  const facts = [
    `${showMs(timings.totalMs)} in all`,
    `search ${showMs(timings.retrieveMs)}`,
    `answer ${showMs(timings.answerMs)}`,
    `verdict ${showMs(timings.evaluateMs)}`,
    ...(usage.modelCalls > 0
      ? [
          `${usage.modelCalls} model calls`,
          `${(usage.promptTokens + usage.completionTokens).toLocaleString('en')} tokens`,
        ]
      : ['no model calls']),
    ...(attempts > 1 ? ['searched twice'] : []),
  ];
  return html`<ul class="facts" aria-label="Times and use">${facts.map((fact) => html`<li>${fact}</li>`)}</ul>`;
}

/** @param {{ collection: string }} props */
function Start({ collection }) {
  const asks = pastAsks().slice(0, 5);
  return html`<section class="start">
    <p class="lead">Every answer comes with the passages it stands on, and a verdict: can it be trusted?</p>
    <p><a href="#/documents">See the documents of “${collection}”</a></p>
    <p class="quiet"><kbd>Enter</kbd> asks, <kbd>Shift</kbd> <kbd>Enter</kbd> begins a new line, <kbd>/</kbd> goes to the question from anywhere.</p>
    ${asks.length > 0 && html`<h2>Asked lately</h2><${PastAskList} asks=${asks} />`}
  </section>`;
}
