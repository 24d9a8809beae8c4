// @ts-check
// The current ask. It belongs to the page rather than to a view, so it goes on while people look elsewhere.
import { useEffect, useState } from 'preact/hooks';
import { ask } from './api.js';
import { draft } from './ask-draft.js';
import { afterEvent, begun, isUnderWay } from './ask-state.js';
import { rememberAsk } from './history.js';

/** @typedef {import('./ask-state.js').Ask} Ask */

/** @type {Ask | null} */
let current = null;
let leaving = new AbortController();
/** Emits `change`. */
const progress = new EventTarget();

/** @param {Ask | null} next */
function show(next) {
  current = next;
  progress.dispatchEvent(new Event('change'));
}

let isDueForDrawing = false;

/** Shows the ask with the next frame: pieces of an answer may come much faster than they can be drawn. @param {Ask | null} next */
function showSoon(next) {
  current = next;
  if (isDueForDrawing) return;
  isDueForDrawing = true;
  requestAnimationFrame(() => {
    isDueForDrawing = false;
    show(current);
  });
}

/**
 * Starts an ask, in place of one that is under way.
 * @param {{ question: string, onIncorrect: string } & Record<string, unknown>} request the body of POST /ask
 * @param {boolean} hasModel whether the answer will be Markdown
 */
export async function beginAsk(request, hasModel) {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  // Where an Incorrect verdict may change the answer, the service sends nothing until that is settled.
  show({ ...begun(request.question, hasModel), phase: request.onIncorrect === 'return' ? 'searching' : 'holding' });
  const update = (/** @type {(ask: Ask) => Partial<Ask>} */ change, draw = show) =>
    !signal.aborted && current && draw({ ...current, ...change(current) });
  try {
    await ask(request, {
      signal,
      onEvent(name, data) {
        update((before) => afterEvent(before, name, data), name === 'token' ? showSoon : show);
        if (name !== 'done') return;
        rememberAsk({
          id: data.id,
          question: data.question,
          label: data.abstained ? 'Abstained' : data.verdict.label,
          score: data.verdict.score,
          at: new Date().toISOString(),
        });
      },
    });
  } catch (error) {
    update(() => ({ phase: 'failed', error: /** @type {import('./api.js').CallError} */ (error) }));
  }
}

export function cancelAsk() {
  if (!isUnderWay(current)) return;
  leaving.abort();
  show(current && { ...current, phase: 'cancelled' });
}

/** Forgets the ask, and cancels it if it is under way. */
export function forgetAsk() {
  leaving.abort();
  show(null);
}

/**
 * Forgets the ask if it failed or was cancelled.
 * @returns {string} its question, or an empty string where there was no such ask
 */
export function forgetUnansweredAsk() {
  if (current?.phase !== 'failed' && current?.phase !== 'cancelled') return '';
  const { question } = current;
  show(null);
  return question;
}

/** The ask as it is now: under way, failed, cancelled, or done and not yet shown at its own address. */
export function useCurrentAsk() {
  const [, redraw] = useState(current);
  useEffect(() => {
    const changed = () => redraw(current);
    changed();
    progress.addEventListener('change', changed);
    return () => progress.removeEventListener('change', changed);
  }, []);
  return current;
}

addEventListener('pagehide', () => {
  if (current?.phase !== 'done') draft.question ||= current?.question ?? '';
  cancelAsk();
});
