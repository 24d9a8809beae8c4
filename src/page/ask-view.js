// @ts-check
// Asking: the question, the answer as it comes, its verdict, its evidence, and what happened.
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Answer } from './answer-view.js';
import { ask, call } from './api.js';
import { answerAsText, copyText } from './copy-answer.js';
import { Failure } from './failure.js';
import { rememberAsk } from './history.js';
import { Passages } from './passages-view.js';
import { Start } from './start-view.js';
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
/** The service takes no longer questions. */
const mostCharacters = 4000;
/** What has been typed and not yet been answered, and the options, for as long as the page is open. */
const draft = { question: '', options: { evaluation: 'context', onIncorrect: 'return', topK: '' } };

/** On a touch screen this would cover half the page with a keyboard. */
const focusQuestion = () =>
  matchMedia('(pointer: fine)').matches && document.getElementById('question')?.focus({ preventScroll: true });

/**
 * @param {{
 *   askId: string | null,
 *   collection: string,
 *   picker: unknown,
 *   isEmpty: boolean,
 *   documents: number | undefined,
 *   hasModel: boolean,
 *   openDocument: import('./passages-view.js').OpenDocument,
 * }} props `askId`: the past ask to show; `documents`: how many the collection has
 */
export function AskView({ askId, collection, picker, isEmpty, documents, hasModel, openDocument }) {
  const [question, setQuestion] = useState(draft.question);
  const [options, setOptions] = useState(draft.options);
  const [shown, setShown] = useState(/** @type {Ask | null} */ (null));
  const cancel = useRef(/** @type {AbortController | null} */ (null));
  const type = (/** @type {string} */ text) => {
    draft.question = text;
    setQuestion(text);
  };
  useEffect(() => {
    draft.options = options;
  }, [options]);
  useEffect(() => {
    // The way of an answer is set without this event; who then goes to that of a question means a new one.
    const beginAnew = () => {
      if (!['', '#/'].includes(location.hash)) return;
      cancel.current?.abort();
      setShown(null);
      type('');
      focusQuestion();
    };
    if (askId === null) focusQuestion();
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
        setQuestion(draft.question || reply.question);
        setShown({ ...begun(reply.question, hasModel), ...ofReply(reply) });
      },
      (error) => leaving.signal.aborted || setShown({ ...begun('', hasModel), phase: 'failed', error }),
    );
  }, [askId]);

  async function submit(/** @type {string} */ wanted) {
    if (wanted === '' || wanted.length > mostCharacters || isUnderWay(shown)) return;
    const form = /** @type {HTMLFormElement} */ (document.querySelector('.composer'));
    if (!form.checkValidity()) {
      // What a closed panel holds can't be pointed at.
      for (const details of form.querySelectorAll('details')) details.open = true;
      form.reportValidity();
      return;
    }
    focusQuestion();
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
          if (leaving.signal.aborted) return;
          if (draft.question.trim() === wanted) draft.question = '';
          // From one answer, Back leads to the answer before it; the empty page before the first one is not worth a step.
          const way = `#/asks/${data.id}`;
          if (location.hash.startsWith('#/asks/')) location.hash = way;
          else location.replace(way);
        },
      });
    } catch (error) {
      update(() => ({ phase: 'failed', error: /** @type {CallError} */ (error) }));
    }
    // Cancel is about to go.
    if (document.activeElement?.matches('.composer-row > button')) focusQuestion();
  }

  function stop() {
    cancel.current?.abort();
    setShown((before) => before && { ...before, phase: 'cancelled' });
    focusQuestion();
  }

  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit(question.trim());
  };
  const underWay = isUnderWay(shown);
  const tooMany = question.trim().length - mostCharacters;
  return html`<h1 class="hidden">Ask your documents</h1>
    <form class="composer card" novalidate onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      submit(question.trim());
    }}>
      <label class="hidden" for="question">Question</label>
      <textarea id="question" rows="1" placeholder="Ask your documents a question" enterkeyhint="send"
        value=${question} onInput=${(/** @type {any} */ event) => type(event.currentTarget.value)} onKeyDown=${onKeyDown} />
      ${tooMany > 0 && html`<p class="too-long" role="alert">${tooMany.toLocaleString('en')} characters too long</p>`}
      <div class="composer-row">
        ${picker}
        <${AskOptions} options=${options} setOptions=${setOptions} />
        <span class="grow"></span>
        ${
          // With keys, they are two buttons: one that became the other in mid-click would submit the form.
          underWay
            ? html`<button key="cancel" type="button" onClick=${stop}>Cancel</button>`
            : html`<button key="ask" type="submit" class="primary" disabled=${question.trim() === '' || tooMany > 0}>Ask</button>`
        }
      </div>
    </form>
    <p class="hidden" role="status">${shown ? announcement(shown) : ''}</p>
    ${shown ? html`<${Shown} key=${shown.number} ask=${shown} openDocument=${openDocument} retry=${() => submit(shown.question)} />` : !isEmpty && html`<${Start} ...${{ collection, documents, openDocument }} />`}`;
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
          `${usage.modelCalls} model ${usage.modelCalls === 1 ? 'call' : 'calls'}`,
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
    setOutcome((await copyText(answerAsText(reply))) ? 'Copied.' : 'The browser did not let the page copy.');
  return html`<p class="copy"><button type="button" onClick=${copy}>Copy with sources</button> <span class="quiet" role="status">${outcome}</span></p>`;
}
