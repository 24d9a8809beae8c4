// @ts-check
// The asks made in this browser. The service keeps each under its id, but has no list of them.
import { forBrowser } from './storage.js';

/** @typedef {{ id: string, question: string, label: string, score: number | null, at: string }} PastAsk */

const place = 'assay.asks';
/** Emits `change`, also where another tab made it. */
export const history = new EventTarget();
// A page that was left, and is shown again as it was, has missed what changed meanwhile.
addEventListener('pageshow', ({ persisted }) => persisted && history.dispatchEvent(new Event('change')));
addEventListener('storage', ({ key }) => key === place && history.dispatchEvent(new Event('change')));
const most = 50;

/** @returns {PastAsk[]} newest first */
export function pastAsks() {
  try {
    const kept = JSON.parse(forBrowser.read(place) ?? '[]');
    return Array.isArray(kept)
      ? kept.filter(({ id, question }) => typeof id === 'string' && typeof question === 'string')
      : [];
  } catch {
    return [];
  }
}

/** @param {PastAsk} ask */
export function rememberAsk(ask) {
  keep([ask, ...pastAsks().filter(({ id }) => id !== ask.id)].slice(0, most));
}

export function forgetAsks() {
  keep([]);
}

/** @param {PastAsk[]} asks */
const keep = (asks) => {
  forBrowser.write(place, JSON.stringify(asks));
  history.dispatchEvent(new Event('change'));
};
