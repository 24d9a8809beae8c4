// @ts-check
// What keys do on the whole page: `/`, which can be switched off, and Enter, which does a thing once however long it is held.
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { forBrowser } from './storage.js';

const place = 'assay.shortcut';
/** Those who speak to their computer, or can't hold a hand still, press single keys unawares. */
const isSwitchedOff = () => forBrowser.read(place) === 'off';
/** Where there is mostly no keyboard, none is spoken of. */
const isTouched = () => matchMedia('(pointer: coarse)').matches;

/** Lets the keys do what they do. @returns {() => void} ends that */
export function followKeyboard() {
  const listeners = [focusQuestion, refuseRepeats];
  for (const each of listeners) addEventListener('keydown', each);
  return () => {
    for (const each of listeners) removeEventListener('keydown', each);
  };
}

/** `/` moves the focus to the question, unless something is being typed. @param {KeyboardEvent} event */
function focusQuestion(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (
    event.key !== '/' ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    isSwitchedOff() ||
    isTouched() ||
    target.closest('input, textarea, select') ||
    document.querySelector('dialog[open]')
  )
    return;
  event.preventDefault();
  const question = document.getElementById('question');
  if (question) question.focus();
  else location.hash = '#/'; // the view focuses the question once it is drawn
}

/** Held down, Enter repeats itself, and would send a form or press a button as often. @param {KeyboardEvent} event */
function refuseRepeats(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.key === 'Enter' && event.repeat && !target.closest('textarea')) event.preventDefault();
}

/** What keys do where a question is asked, and the switch of the one that works from anywhere. */
export function KeyboardHints() {
  const [isOff, setOff] = useState(isSwitchedOff);
  const choose = (/** @type {any} */ { currentTarget: { checked } }) => {
    forBrowser.write(place, checked ? null : 'off');
    setOff(!checked);
  };
  return html`<p class="quiet keys"><span><kbd>Enter</kbd> asks, <kbd>Shift</kbd> <kbd>Enter</kbd> starts a new line.</span>
    <label class="check"><input type="checkbox" checked=${!isOff} onChange=${choose} /><span><kbd>/</kbd> goes to the question from anywhere</span></label></p>`;
}
