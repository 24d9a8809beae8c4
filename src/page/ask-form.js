// @ts-check
// The form of an ask: the question, the collection, the options, and the buttons.
import { html } from 'htm/preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { draft } from './ask-draft.js';
import { AskOptions } from './ask-options.js';
import { counted } from './counted.js';
import { focusContent, useFocusBeyond } from './keep-focus.js';

/** The longest question that the service accepts, in UTF-16 code units. */
const mostCharacters = 4000;

const isTouched = () => matchMedia('(pointer: coarse)').matches;
/** Focuses the question, except on touch screens, where a keyboard would cover half the page. */
export const focusQuestion = () => isTouched() || document.getElementById('question')?.focus({ preventScroll: true });
/** The same once it has been asked: on touch screens, the keyboard that covers the page goes away. */
export const leaveQuestion = () => (isTouched() ? focusContent() : focusQuestion());

/** Whether the form is valid; if it isn't, the browser points out what is wrong. */
export function checkForm() {
  const form = /** @type {HTMLFormElement} */ (document.querySelector('.composer'));
  if (form.checkValidity()) return true;
  // Nothing can be pointed out in a closed panel.
  for (const details of form.querySelectorAll('details')) details.open = true;
  form.reportValidity();
  return false;
}

/**
 * @param {{
 *   question: string,
 *   setQuestion: (question: string) => void,
 *   picker: unknown,
 *   isBusy: boolean,
 *   onAsk: (question: string) => void,
 *   onCancel: () => void,
 * }} props `isBusy`: an ask is under way, and can be cancelled
 */
export function AskForm({ question, setQuestion, picker, isBusy, onAsk, onCancel }) {
  const [options, setOptions] = useState(draft.options);
  const wanted = question.trim();
  const tooMany = wanted.length - mostCharacters;
  const canAsk = wanted !== '' && tooMany <= 0 && !isBusy;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (canAsk) onAsk(wanted);
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    // Enter also confirms a word of an input method; Safari says so by the key code alone.
    const isComposing = event.isComposing || event.keyCode === 229;
    if (event.key !== 'Enter' || event.shiftKey || isComposing) return;
    // Held down, the key repeats itself; an answer may be there meanwhile.
    if (event.repeat) event.preventDefault();
    else submit(event);
  };
  const keep = (/** @type {import('./ask-options.js').Options} */ chosen) => {
    draft.options = chosen;
    setOptions(chosen);
  };
  return html`<form class="composer card" novalidate onSubmit=${submit}>
    <label class="hidden" for="question">Question</label>
    <textarea id="question" rows="1" placeholder="Ask your documents a question" enterkeyhint="send"
      value=${question} onInput=${(/** @type {any} */ event) => setQuestion(event.currentTarget.value)} onKeyDown=${onKeyDown} />
    ${tooMany > 0 && html`<p class="too-long" role="alert">${counted(tooMany, 'character')} too long</p>`}
    <div class="composer-row">
      ${picker}
      <${AskOptions} options=${options} setOptions=${keep} />
      <span class="grow"></span>
      ${
        // The keys make them two buttons: a single one, changing in mid-click, would submit the form.
        isBusy
          ? html`<${CancelButton} key="cancel" onCancel=${onCancel} />`
          : html`<${AskButton} key="ask" isDisabled=${wanted === '' || tooMany > 0} />`
      }
    </div>
  </form>`;
}

/**
 * Keeps a double click from doing twice what a click does. The buttons share a place, so the second click may be on another one.
 * @param {MouseEvent} event
 */
const oncePerDoubleClick = (event) => event.detail > 1 && event.preventDefault();

/** @param {{ isDisabled: boolean }} props */
const AskButton = ({ isDisabled }) =>
  html`<button ref=${useFocusBeyond()} type="submit" class="primary" disabled=${isDisabled} onClick=${oncePerDoubleClick}>Ask</button>`;

/** Disappears when the ask is over, and then passes its focus on to the question or, on touch screens, the content. @param {{ onCancel: () => void }} props */
function CancelButton({ onCancel }) {
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null));
  useLayoutEffect(
    () => () => {
      if (document.activeElement !== button.current) return;
      focusContent();
      focusQuestion();
    },
    [],
  );
  return html`<button ref=${button} type="button" onClick=${(/** @type {MouseEvent} */ event) => {
    oncePerDoubleClick(event);
    if (!event.defaultPrevented) onCancel();
  }}>Cancel</button>`;
}
