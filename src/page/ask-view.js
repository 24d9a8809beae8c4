// @ts-check
// Asking. `#/` is the address of the current ask, `#/asks/…` that of an answer, whose record the service keeps.
import { html } from 'htm/preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { call } from './api.js';
import { draft } from './ask-draft.js';
import { AskForm, checkForm, focusQuestion, leaveQuestion } from './ask-form.js';
import { AskResult } from './ask-result.js';
import { announcement, begun, isUnderWay, ofReply } from './ask-state.js';
import { beginAsk, cancelAsk, forgetAsk, forgetUnansweredAsk, useCurrentAsk } from './current-ask.js';
import { pastAsks } from './history.js';
import { focusContent } from './keep-focus.js';
import { isAskPlace } from './route.js';
import { Start } from './start-view.js';

/** @typedef {import('./ask-state.js').Ask} Ask */

/**
 * @param {{
 *   askId: string | null,
 *   collection: string,
 *   picker: unknown,
 *   isEmpty: boolean,
 *   isCovered: boolean,
 *   documents: number | undefined,
 *   hasModel: boolean,
 *   openDocument: import('./passages-view.js').OpenDocument,
 * }} props `askId`: the past ask to show; `isCovered`: a document lies over it; `documents`: how many the collection has
 */
export function AskView({ askId, collection, picker, isEmpty, isCovered, documents, hasModel, openDocument }) {
  const current = useCurrentAsk();
  const [past, setPast] = useState(/** @type {{ askId: string, ask: Ask } | null} */ (null));
  const [loads, setLoads] = useState(0);
  const [question, setQuestion] = useState(draft.question || (current?.question ?? ''));
  const cameFrom = useRef(/** @type {string | null} */ (null));
  const type = (/** @type {string} */ text) => {
    draft.question = text;
    setQuestion(text);
  };
  // The Markdown renderer, which a model's answer needs, is fetched while the question is being typed.
  useEffect(() => {
    if (hasModel) import('./markdown.js').catch(() => {});
  }, [hasModel]);

  // Before anything is drawn: the last question must not be seen beside the offer to ask a new one.
  useLayoutEffect(() => {
    if (askId !== null) return;
    if (current) setQuestion(draft.question || current.question);
    // Going from an answer to the question's address means asking a new one.
    else if (cameFrom.current !== null) type('');
    focusQuestion();
    return () => {
      draft.question ||= forgetUnansweredAsk();
    };
  }, [askId]);

  // An answer gets its own address as soon as it is shown, so that Back leads from one answer to the one before. A document that lies
  // over it is a step of its own, which keeps the address until it is closed.
  const isDone = current?.phase === 'done';
  useEffect(() => {
    if (askId === null && isDone && !isCovered) location.replace(`#/asks/${current.reply.id}`);
  }, [askId, isDone, isCovered]);

  useEffect(() => {
    cameFrom.current = askId;
    if (askId === null) return;
    const show = (/** @type {Ask} */ ask) => setPast({ askId, ask });
    if (current?.reply?.id === askId) {
      setQuestion(draft.question || current.question);
      show(current);
      forgetAsk();
      return;
    }
    if (past?.ask.reply?.id === askId) {
      setQuestion(draft.question || past.ask.question);
      return;
    }
    // What had the focus may have gone with the answer before.
    if (document.activeElement === document.body && (past ?? current) !== null) focusContent();
    setPast(null);
    const leaving = new AbortController();
    call('GET', `/asks/${encodeURIComponent(askId)}`, { signal: leaving.signal }).then(
      (reply) => {
        setQuestion(draft.question || reply.question);
        show({ ...begun(reply.question, hasModel), ...ofReply(reply) });
      },
      (error) => {
        if (leaving.signal.aborted) return;
        const asked = pastAsks().find(({ id }) => id === askId)?.question ?? '';
        show({ ...begun(asked, hasModel), phase: 'failed', error });
      },
    );
    return () => leaving.abort();
  }, [askId, loads]);

  // Clicking "Ask" in this view doesn't change the address: it clears an ask that failed or was cancelled, and selects its question.
  useEffect(() => {
    const askAgain = (/** @type {MouseEvent} */ event) => {
      const target = /** @type {Element} */ (event.target);
      if (
        !isAskPlace(location.hash) ||
        !target.closest('a[href="#/"]') ||
        event.ctrlKey ||
        event.metaKey ||
        event.shiftKey
      )
        return;
      event.preventDefault();
      draft.question ||= forgetUnansweredAsk();
      focusQuestion();
      if (document.activeElement instanceof HTMLTextAreaElement) document.activeElement.select();
    };
    addEventListener('click', askAgain);
    return () => removeEventListener('click', askAgain);
  }, []);

  function submit(/** @type {string} */ wanted) {
    if (isUnderWay(shown) || !checkForm()) return;
    leaveQuestion();
    if (draft.question.trim() === wanted) draft.question = '';
    const { evaluation, onIncorrect, topK } = draft.options;
    const request = { question: wanted, collection, evaluation, onIncorrect, trace: true };
    void beginAsk({ ...request, ...(topK !== '' && { topK: Number(topK) }) }, hasModel);
    if (!isAskPlace(location.hash)) location.hash = '#/';
  }
  const cancel = () => {
    cancelAsk();
    focusQuestion();
  };
  const shown = askId === null || current?.reply?.id === askId ? current : past?.askId === askId ? past.ask : null;
  // Only a record that the service has no more must be asked for anew; another one can be loaded, and costs no answer.
  const isAskedAgain = askId === null || shown?.error?.code === 'ASK_NOT_FOUND';
  const again = () => (isAskedAgain ? submit(shown?.question ?? '') : setLoads((before) => before + 1));
  const canTryAgain = !isAskedAgain || (shown?.question ?? '') !== '';
  const titled = (askId !== null && shown?.question) || 'Ask';
  useLayoutEffect(() => {
    document.title = `${titled} · Assay`;
    return () => {
      document.title = 'Ask · Assay';
    };
  }, [titled]);
  return html`<h1 class="hidden">Ask your documents</h1>
    <${AskForm} question=${question} setQuestion=${type} picker=${picker} isBusy=${isUnderWay(shown)} onAsk=${submit} onCancel=${cancel} />
    <p class="hidden" role="status">${shown ? announcement(shown) : ''}</p>
    ${shown && html`<${AskResult} key=${shown.number} ask=${shown} openDocument=${openDocument} retry=${canTryAgain ? again : undefined} />`}
    ${!shown && askId !== null && html`<p class="quiet">Loading…</p>`}
    ${!shown && askId === null && !isEmpty && html`<${Start} key=${collection} ...${{ collection, documents, openDocument }} />`}`;
}
